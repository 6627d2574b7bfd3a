"""The web console on the API's process and port: pages for people, made on the server."""
