"""What the app keeps: saved scenarios, working drafts, the trail of changes, and accounts.

>>> import tempfile
>>> folder = tempfile.TemporaryDirectory()
>>> store = Store.open(f"sqlite:///{folder.name}/jangkau.db")
>>> store.create("kab-demo", "Jembatan baru", {"edits": []}, account="siti").version
1
>>> [change.action for change in store.trail()]
['create']
>>> store.close()
>>> folder.cleanup()
"""

from app.store.errors import (
    ArchivedError,
    ConflictError,
    NameTakenError,
    StoreError,
    UnknownAccountError,
    UnknownScenarioError,
)
from app.store.store import Store
from app.store.values import Account, Change, Draft, Role, Saved

__all__ = [
    "Account",
    "ArchivedError",
    "Change",
    "ConflictError",
    "Draft",
    "NameTakenError",
    "Role",
    "Saved",
    "Store",
    "StoreError",
    "UnknownAccountError",
    "UnknownScenarioError",
]
