"""Who asks and what they may: roles, tokens, sessions, sign-in."""
