"""Plain pages of the sign-in: they must stand when the console does not, and hold nothing but text and forms.

The sign-in routes and the local issuer answer with them. Whatever goes into one is escaped by its caller.
"""

from fastapi.responses import HTMLResponse

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Nothing inline, nothing from elsewhere, nobody may frame it, nobody keeps it."""

STYLE = "/console/static/css/console.css"


def plain_page(title: str, body: str, code: str, status: int = 200) -> HTMLResponse:
    """A page with a title and a body of HTML, in the language of `code`."""
    return HTMLResponse(
        f"""<!doctype html>
<html lang="{code}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Daybook</title>
<link rel="stylesheet" href="{STYLE}">
</head>
<body class="plain">
<main id="content" class="plain-page">
<h1>{title}</h1>
{body}
</main>
</body>
</html>
""",
        status,
        HEADERS,
    )
