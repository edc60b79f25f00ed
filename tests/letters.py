"""A mail server for tests, and what is in the mails that it took."""

import email
import re
import socketserver
from email.message import EmailMessage
from email.policy import default


class _Session(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as a client needs."""

    def handle(self) -> None:
        self.say("220 here")
        while line := self.rfile.readline().decode().strip():
            word = line.split()[0].upper()
            if word == "DATA":
                self.say("354 go on")
                lines = []
                while (text := self.rfile.readline()) != b".\r\n":
                    lines.append(text[1:] if text.startswith(b"..") else text)
                self.server.taken.append(b"".join(lines))
                self.say("250 taken")
            elif word == "QUIT":
                self.say("221 bye")
                return
            elif word == "RCPT" and self.server.full:
                self.say("452 no room now")
            else:
                self.say("250 fine")

    def say(self, words: str) -> None:
        self.wfile.write(words.encode() + b"\r\n")


class Server(socketserver.ThreadingTCPServer):
    """A mail server that keeps what it is given."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.taken: list[bytes] = []
        self.full = False

    @property
    def letters(self) -> list[EmailMessage]:
        return [email.message_from_bytes(data, policy=default) for data in self.taken]


def link_in(letter: EmailMessage) -> str:
    """Where the link of a mail leads, the same in both bodies."""
    plain, rich = (letter.get_body((kind,)).get_content() for kind in ("plain", "html"))
    found = re.search(r"https://forum\.example\.org(/\S+)", plain)[1]
    assert f'href="https://forum.example.org{found}"' in rich
    return found
