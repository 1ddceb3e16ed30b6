"""What the sandbox remembers, in SQLite: messages, their attachments, opt-outs and the fault controls."""

import json
import sqlite3
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SCHEMA = """
create table if not exists message (
    id integer primary key, channel text not null, direction text not null, ref text not null unique,
    sender text not null, recipient text not null, subject text not null default '', text text not null default '',
    html text not null default '', headers text not null default '[]', status text not null default '',
    error_code text not null default '', callback_url text not null default '', service_sid text not null default '',
    segments integer not null default 1, created_at text not null, sent_at text not null default '');
create index if not exists message_recipient on message (recipient, id);
create index if not exists message_sender on message (sender, id);
create table if not exists attachment (
    id integer primary key, message_id integer not null, filename text not null, mime_type text not null,
    content blob not null);
create table if not exists receipt (
    id integer primary key, ref text not null, status text not null, answer text not null, at text not null);
create table if not exists subscription (
    ref text primary key, private text not null, auth text not null, sender text not null, ended integer not null);
create table if not exists opt_out (recipient text primary key);
create table if not exists control (name text primary key, value text not null);
"""

Row = dict[str, Any]


class Store:
    """One connection behind one lock: SQLite writes one at a time anyway."""

    def __init__(self, path: Path | str = ":memory:") -> None:
        if path != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(str(path), check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.executescript("pragma journal_mode=wal; pragma synchronous=off;" + SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _read(self, sql: str, *values: Any) -> list[Row]:
        with self._lock:
            return [dict(row) for row in self._db.execute(sql, values)]

    def _write(self, sql: str, *values: Any) -> int:
        with self._lock:
            return self._db.execute(sql, values).lastrowid or 0

    def add_message(self, **fields: str | int) -> int:
        names = ", ".join(fields)
        marks = ", ".join("?" * len(fields))
        return self._write(f"insert into message ({names}) values ({marks})", *fields.values())  # noqa: S608 - our names

    def add_attachment(self, message_id: int, *, filename: str, mime_type: str, content: bytes) -> None:
        sql = "insert into attachment (message_id, filename, mime_type, content) values (?, ?, ?, ?)"
        self._write(sql, message_id, filename, mime_type, content)

    def set_status(self, ref: str, *, status: str, error_code: str = "", sent_at: str = "") -> None:
        sql = "update message set status = ?, error_code = ?, sent_at = case when sent_at = '' then ? else sent_at end"
        self._write(sql + " where ref = ?", status, error_code, sent_at, ref)

    def message(self, ref: str) -> Row | None:
        return next(iter(self._read("select * from message where ref = ?", ref)), None)

    def messages(self, *, channel: str = "", who: str = "", before: int = 0, limit: int = 200) -> list[Row]:
        """Newest first. `who` matches either side, in full or in part."""
        sql = (
            "select * from message where (? = '' or channel = ?) and (? = '' or recipient like ? or sender like ?)"
            " and (? = 0 or id < ?) order by id desc limit ?"
        )
        like = f"%{who}%"
        return self._read(sql, channel, channel, who, like, like, before, before, limit)

    def sms_to(self, *, recipient: str, since_day: str, limit: int) -> list[Row]:
        sql = (
            "select * from message where channel = 'sms' and (? = '' or recipient = ?) and created_at >= ?"
            " order by id desc limit ?"
        )
        return self._read(sql, recipient, recipient, since_day, limit)

    def conversation(self, number: str) -> list[Row]:
        sql = "select * from message where channel = 'sms' and (recipient = ? or sender = ?) order by id"
        return self._read(sql, number, number)

    def attachments(self, message_id: int) -> list[Row]:
        return self._read("select * from attachment where message_id = ? order by id", message_id)

    def counts(self) -> dict[str, int]:
        rows = self._read("select channel, count(*) as number from message group by channel")
        return {row["channel"]: row["number"] for row in rows}

    def add_receipt(self, ref: str, *, status: str, answer: str, at: str) -> None:
        self._write("insert into receipt (ref, status, answer, at) values (?, ?, ?, ?)", ref, status, answer, at)

    def receipts(self, ref: str) -> list[Row]:
        return self._read("select * from receipt where ref = ? order by id", ref)

    def add_subscription(self, ref: str, *, private: str, auth: str, sender: str) -> None:
        self._write("insert into subscription values (?, ?, ?, ?, 0)", ref, private, auth, sender)

    def subscription(self, ref: str) -> Row | None:
        return next(iter(self._read("select * from subscription where ref = ?", ref)), None)

    def end_subscription(self, ref: str) -> None:
        self._write("update subscription set ended = 1 where ref = ?", ref)

    def drop_topic(self, *, recipient: str, topic: str) -> None:
        sql = "delete from message where channel = 'push' and recipient = ? and service_sid = ?"
        self._write(sql, recipient, topic)

    def opt_out(self, recipient: str) -> None:
        self._write("insert or ignore into opt_out values (?)", recipient)

    def opt_in(self, recipient: str) -> None:
        self._write("delete from opt_out where recipient = ?", recipient)

    def opted_out(self, recipient: str) -> bool:
        return bool(self._read("select 1 from opt_out where recipient = ?", recipient))

    def control(self) -> dict[str, Any]:
        return {row["name"]: json.loads(row["value"]) for row in self._read("select * from control")}

    def set_control(self, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            self._write("insert or replace into control values (?, ?)", name, json.dumps(value))

    def clear(self) -> None:
        with self._lock:
            for table in ("message", "attachment", "receipt", "opt_out", "control"):
                self._write(f"delete from {table}")  # noqa: S608 - the names above
