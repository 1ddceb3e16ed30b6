"""State of the simulators: JSON documents by kind and name in one SQLite file, so a restart forgets nothing."""

import json
import sqlite3
import threading
from pathlib import Path
from typing import Any

Document = dict[str, Any]


class Store:
    """All access happens under `lock`, which also makes a whole simulated action atomic."""

    def __init__(self, path: Path | str = ":memory:") -> None:
        self.lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS document (kind TEXT, name TEXT, body TEXT, n INTEGER PRIMARY KEY AUTOINCREMENT,"
            " UNIQUE (kind, name))"
        )

    def get(self, kind: str, name: str) -> Document | None:
        with self.lock:
            row = self._db.execute("SELECT body FROM document WHERE kind = ? AND name = ?", (kind, name)).fetchone()
        return json.loads(row[0]) if row else None

    def put(self, kind: str, name: str, document: Document) -> Document:
        with self.lock:
            self._db.execute(
                "INSERT INTO document (kind, name, body) VALUES (?, ?, ?)"
                " ON CONFLICT (kind, name) DO UPDATE SET body = excluded.body",
                (kind, name, json.dumps(document)),
            )
        return document

    def drop(self, kind: str, name: str) -> None:
        with self.lock:
            self._db.execute("DELETE FROM document WHERE kind = ? AND name = ?", (kind, name))

    def all(self, kind: str, *, newest: int = 0) -> list[Document]:
        """Oldest first, or the `newest` few, latest first."""
        with self.lock:
            order = "DESC LIMIT ?" if newest else "LIMIT ?"
            rows = self._db.execute(
                f"SELECT body FROM document WHERE kind = ? ORDER BY n {order}",  # noqa: S608 - two constants
                (kind, newest or -1),
            ).fetchall()
        return [json.loads(row[0]) for row in rows]

    def next_number(self, name: str) -> int:
        with self.lock:
            number = (self.get("counter", name) or {"value": 0})["value"] + 1
            self.put("counter", name, {"value": number})
        return number

    def clear(self) -> None:
        with self.lock:
            self._db.execute("DELETE FROM document")

    def close(self) -> None:
        with self.lock:
            self._db.close()
