"""Tests of sign-in below the API: sessions, codes, and a provider over HTTP."""
