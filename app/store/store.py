"""The store: one object that every thread of the app uses."""

from __future__ import annotations

import hashlib
import secrets
import string
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from app.store.adoption_entries import AdoptionBoard
from app.store.connect import open_engine
from app.store.errors import (
    ArchivedError,
    ConflictError,
    NameTakenError,
    UnknownAccountError,
    UnknownScenarioError,
)
from app.store.passwords import RESERVED, hash_password, matches, matches_nobody, one_name
from app.store.tables import AccountRow, ChangeRow, DraftRow, ScenarioRow
from app.store.values import (
    as_json,
    checked_content,
    checked_key,
    checked_name,
    checked_role,
    checked_text,
    folded_name,
    storable,
)
from geodata.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import Executable
    from sqlalchemy.orm import Session

    from app.store.values import Account, Action, Change, Draft, Role, Saved

ID_LETTERS = string.ascii_lowercase + string.digits
ID_LENGTH = 16  # 82 random bits


class Store(AdoptionBoard):
    """Saved scenarios, drafts, accounts, ILP adoption, and the trail of their changes, in one database.

    Every call is one transaction; a change and its entry in the trail stand or fall together. All calls
    raise StoreError when the database fails, and ConfigError for text or content that cannot be stored.
    """

    @classmethod
    def open(cls, url: str) -> Store:
        """Return the store at ``url``, its tables brought up to date.

        Parameters
        ----------
        url
            ``sqlite:///FILE`` (the file is made if need be) or ``postgresql://USER:PASSWORD@HOST/DATABASE``.

        Raises
        ------
        StoreError
            See :func:`app.store.connect.open_engine`.
        """
        return cls(open_engine(url))

    def scenarios(self, area: str) -> list[Saved]:
        """Return an area's scenarios that are not archived, the last changed first."""
        query = (
            select(ScenarioRow)
            .where(ScenarioRow.area == checked_key("The area", area), ScenarioRow.archived.is_(False))
            .order_by(ScenarioRow.updated_at.desc(), ScenarioRow.id)
        )
        with self._reading() as session:
            return [row.saved() for row in session.scalars(query)]

    def archived(self, area: str, limit: int = 20) -> list[Saved]:
        """Return the archived scenarios of a study area, the last archived first."""
        with self._reading() as session:
            rows = session.scalars(
                select(ScenarioRow)
                .where(ScenarioRow.area == area, ScenarioRow.archived.is_(True))
                .order_by(ScenarioRow.updated_at.desc(), ScenarioRow.id)
                .limit(limit)
            )
            return [row.saved() for row in rows]

    def scenario(self, scenario_id: str) -> Saved:
        """Return a scenario, archived or not.

        Raises
        ------
        UnknownScenarioError
        """
        with self._reading() as session:
            return _saved(session, scenario_id)

    def create(self, area: str, name: str, content: dict[str, Any], *, note: str = "", account: str) -> Saved:
        """Return a new scenario, at version 1.

        Raises
        ------
        NameTakenError
            The area has a live scenario of this name, capitals aside.
        """
        return self._add("create", area, name, content, note, account, {})

    def copy(self, scenario_id: str, name: str, *, account: str) -> Saved:
        """Return a new scenario with another one's content and note.

        Raises
        ------
        UnknownScenarioError, NameTakenError
        """
        old = self.scenario(scenario_id)
        return self._add("copy", old.area, name, old.content, old.note, account, {"copied_from": old.id})

    def update(
        self,
        scenario_id: str,
        *,
        version: int,
        account: str,
        name: str | None = None,
        note: str | None = None,
        content: dict[str, Any] | None = None,
    ) -> Saved:
        """Return the scenario with what was given changed; when nothing differs it keeps its version.

        Parameters
        ----------
        version
            The version that the change was made on.

        Raises
        ------
        ConflictError
            The scenario is at another version; nothing was changed.
        ArchivedError, NameTakenError, UnknownScenarioError
        """
        given: dict[str, Any] = {
            "name": None if name is None else checked_name(name),
            "note": None if note is None else checked_text("The note", note),
            "content": None if content is None else checked_content(content),
        }
        with self._writing() as session:
            old = _saved(session, scenario_id)
            changed = {
                key: value
                for key, value in given.items()
                if value is not None and as_json(value) != as_json(getattr(old, key))
            }
            if old.version == version:
                if old.archived:
                    raise _archived(old)
                if not changed:
                    return old
            detail: dict[str, Any] = {"fields": sorted(changed)}
            if "name" in changed:
                detail["old_name"] = old.name
                changed["name_key"] = folded_name(changed["name"])
            return _change(session, "update", old, version, account, changed, detail)

    def archive(self, scenario_id: str, *, version: int, account: str) -> None:
        """Take a scenario off its area's list; nothing of it is lost.

        Raises
        ------
        ConflictError, ArchivedError, UnknownScenarioError
        """
        with self._writing() as session:
            old = _saved(session, scenario_id)
            if old.archived and old.version == version:
                raise _archived(old)
            _change(session, "archive", old, version, account, {"archived": True}, {})

    def restore(self, scenario_id: str, *, account: str) -> Saved:
        """Return an archived scenario, back on its area's list; one that is there stays as it is.

        Raises
        ------
        NameTakenError
            Its name was given to another scenario meanwhile.
        UnknownScenarioError
        """
        with self._writing() as session:
            old = _saved(session, scenario_id)
            if not old.archived:
                return old
            return _change(session, "restore", old, old.version, account, {"archived": False}, {})

    def trail(
        self, *, area: str | None = None, scenario_id: str | None = None, limit: int = 200
    ) -> list[Change]:
        """Return the latest changes, newest first."""
        query = select(ChangeRow).order_by(ChangeRow.id.desc()).limit(limit)
        if area is not None:
            query = query.where(ChangeRow.area == checked_key("The area", area))
        if scenario_id is not None:
            query = query.where(ChangeRow.scenario_id == checked_text("The scenario's id", scenario_id))
        with self._reading() as session:
            return [row.change() for row in session.scalars(query)]

    def keep_draft(
        self,
        token: str,
        *,
        area: str,
        account: str,
        content: dict[str, Any],
        scenario_id: str | None = None,
        scenario_version: int | None = None,
    ) -> None:
        """Keep work that is not saved yet; it takes the place of the token's earlier draft.

        Raises
        ------
        UnknownScenarioError
            The work began from a scenario that is not there.
        """
        values = {
            "area": checked_key("The area", area),
            "account": checked_key("The account", account),
            "content": checked_content(content),
            "scenario_id": scenario_id,
            "scenario_version": scenario_version,
            "updated_at": datetime.now(UTC),
        }
        if scenario_id is not None and not storable(scenario_id):
            raise _unknown(scenario_id)
        insert = sqlite.insert if self._engine.dialect.name == "sqlite" else postgresql.insert
        query = insert(DraftRow).values(token=checked_key("The draft's token", token), **values)
        with self._writing() as session:
            try:
                session.execute(query.on_conflict_do_update(index_elements=["token"], set_=values))
            except IntegrityError:  # its one foreign key
                raise _unknown(str(scenario_id)) from None

    def draft(self, token: str) -> Draft | None:
        """Return the draft of this token, if there is one."""
        with self._reading() as session:
            row = session.get(DraftRow, token.strip()) if storable(token) else None
            return row.draft() if row else None

    def drafts(self, area: str, account: str, limit: int = 5) -> list[Draft]:
        """Return someone's drafts in an area, newest first."""
        query = (
            select(DraftRow)
            .where(DraftRow.area == checked_key("The area", area))
            .where(DraftRow.account == checked_key("The account", account))
            .order_by(DraftRow.updated_at.desc(), DraftRow.token)
            .limit(limit)
        )
        with self._reading() as session:
            return [row.draft() for row in session.scalars(query)]

    def drop_draft(self, token: str) -> None:
        """Forget a draft, if there is one."""
        if storable(token):
            with self._writing() as session:
                session.execute(delete(DraftRow).where(DraftRow.token == token.strip()))

    def put_account(self, name: str, *, role: Role, password: str | None, by: str) -> Account:
        """Return a new account, or one that was there with its role and password changed.

        Parameters
        ----------
        password
            None for someone who signs in by OAuth; a password from before no longer holds then.
        by
            Who makes the change, for the trail.
        """
        if password == "":
            msg = "The password is empty. Give one, or leave it out for somebody who signs in by OAuth."
            raise ConfigError(msg)
        name, by, role = checked_key("The account", name), checked_key("The account", by), checked_role(role)
        if one_name(name) in RESERVED:
            msg = f"The name {name!r} is kept for those who did not sign in. Choose another name."
            raise ConfigError(msg)
        # Before the transaction: it takes a while, and others wait for the lock.
        hashed = None if password is None else hash_password(password)
        values = {"role": role, "password_hash": hashed}
        insert = sqlite.insert if self._engine.dialect.name == "sqlite" else postgresql.insert
        query = insert(AccountRow).values(name=name, **values)
        with self._writing() as session:
            old = session.get(AccountRow, name, with_for_update=True)
            detail: dict[str, Any] = {"name": name, "done": "changed" if old else "created", "new_role": role}
            fields = {"role": not old or old.role != role, "password": hashed or (old and old.password_hash)}
            detail["fields"] = sorted(key for key, differs in fields.items() if differs)
            if old:
                detail["old_role"] = old.role
            session.execute(query.on_conflict_do_update(index_elements=["name"], set_=values))
            _note(session, "account", by, None, detail)
            return session.get_one(AccountRow, name, populate_existing=True).account()

    def account(self, name: str) -> Account | None:
        """Return the account of this name, if there is one."""
        row = self._account(name)
        return row.account() if row else None

    def accounts(self) -> list[Account]:
        """Return all accounts by name."""
        with self._reading() as session:
            # Sorted here: databases disagree on the order of letters.
            return sorted(
                (row.account() for row in session.scalars(select(AccountRow))), key=lambda a: a.name
            )

    def remove_account(self, name: str, *, by: str) -> None:
        """Remove an account; the trail keeps what it did.

        Raises
        ------
        UnknownAccountError
        """
        name, by = checked_key("The account", name), checked_key("The account", by)
        with self._writing() as session:
            row = session.get(AccountRow, name, with_for_update=True)
            if row is None:
                msg = f"There is no account {name!r}. Look at the list of accounts."
                raise UnknownAccountError(msg)
            _note(session, "account", by, None, {"name": name, "done": "removed", "old_role": row.role})
            session.delete(row)

    def stamp(self, name: str) -> str | None:
        """Return what changes with an account's password, or when it is made anew; None if there is none."""
        row = self._account(name)
        return None if row is None else _stamp(row)

    def stamps(self) -> dict[str, str]:
        """Return the stamps of all accounts that have one, by name."""
        with self._reading() as session:
            found = {row.name: _stamp(row) for row in session.scalars(select(AccountRow))}
        return {name: stamp for name, stamp in found.items() if stamp is not None}

    def sign_in(self, name: str, password: str) -> Account | None:
        """Return the account when the password is right; every other answer is None and takes as long."""
        row = self._account(name)
        if row is None or row.password_hash is None:
            matches_nobody(password)
            return None
        return row.account() if matches(password, row.password_hash) else None

    def _account(self, name: str) -> AccountRow | None:
        with self._reading() as session:
            return session.get(AccountRow, name.strip()) if storable(name) else None

    def _add(
        self,
        action: Action,
        area: str,
        name: str,
        content: dict[str, Any],
        note: str,
        account: str,
        detail: dict[str, Any],
    ) -> Saved:
        now = datetime.now(UTC)
        name, account = checked_name(name), checked_key("The account", account)
        row = ScenarioRow(
            id="".join(secrets.choice(ID_LETTERS) for _ in range(ID_LENGTH)),
            area=checked_key("The area", area),
            name=name,
            name_key=folded_name(name),
            note=checked_text("The note", note),
            author=account,
            content=checked_content(content),
            version=1,
            created_at=now,
            updated_at=now,
            updated_by=account,
            archived=False,
        )
        with self._writing() as session:
            session.add(row)
            try:
                session.flush()
            except IntegrityError:  # the one unique index, but for the random id
                raise _taken(name) from None
            saved = row.saved()
            _note(session, action, account, saved, {"new_version": 1, **_edits("after", saved), **detail})
            return saved


def _stamp(row: AccountRow) -> str | None:
    if row.password_hash is None:
        return None
    # Salted anew with every password, so that no two are alike, however often it is the same one.
    return hashlib.sha256(f"{row.name}\n{row.password_hash}".encode()).hexdigest()[:32]


def _saved(session: Session, scenario_id: str) -> Saved:
    """Return the scenario as the database has it now, or raise UnknownScenarioError."""
    row = session.get(ScenarioRow, scenario_id, populate_existing=True) if storable(scenario_id) else None
    if row is None:
        raise _unknown(scenario_id)
    return row.saved()


def _change(
    session: Session,
    action: Action,
    old: Saved,
    version: int,
    account: str,
    changed: dict[str, Any],
    detail: dict[str, Any],
) -> Saved:
    """Return the scenario after ``changed`` was written over ``version``, or raise ConflictError."""
    account = checked_key("The account", account)
    query = (
        update(ScenarioRow)
        .where(ScenarioRow.id == old.id, ScenarioRow.version == version)
        .values(**changed, version=version + 1, updated_at=datetime.now(UTC), updated_by=account)
    )
    # The database decides between two that change the same version at once: the second one matches no row.
    if old.version != version or _rows(session, query, old.name, changed) != 1:
        raise ConflictError(version, _saved(session, old.id))
    new = _saved(session, old.id)
    edits = {**_edits("before", old), **_edits("after", new)}
    _note(
        session, action, account, new, {"old_version": version, "new_version": new.version, **edits, **detail}
    )
    return new


def _rows(session: Session, query: Executable, name: str, changed: dict[str, Any]) -> int:
    try:
        result = session.execute(query, execution_options={"synchronize_session": False})
    except IntegrityError:  # the one unique index
        raise _taken(changed.get("name", name)) from None
    assert isinstance(result, CursorResult)
    return result.rowcount


def _note(
    session: Session, action: Action, account: str, saved: Saved | None, detail: dict[str, Any]
) -> None:
    """Add an entry to the trail, in the transaction of the change."""
    session.add(
        ChangeRow(
            at=datetime.now(UTC),
            account=account,
            action=action,
            area=saved.area if saved else None,
            scenario_id=saved.id if saved else None,
            scenario_name=saved.name if saved else None,
            detail=detail,
        )
    )


def _edits(when: str, saved: Saved) -> dict[str, int]:
    edits = saved.content.get("edits")
    return {f"edits_{when}": len(edits)} if isinstance(edits, list) else {}


def _unknown(scenario_id: str) -> UnknownScenarioError:
    return UnknownScenarioError(f"There is no saved scenario {scenario_id!r}. Look at the area's list.")


def _taken(name: str) -> NameTakenError:
    return NameTakenError(
        f"The area has a scenario named {name!r}. Choose another name, or rename or archive that one first."
    )


def _archived(saved: Saved) -> ArchivedError:
    return ArchivedError(f"{saved.name!r} is archived. Restore it first.")
