"""What the app keeps: saved scenarios, working drafts, ILP adoption, trails of changes, and accounts.

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
    AdoptionConflictError,
    ArchivedError,
    ConflictError,
    NameTakenError,
    StoreError,
    UnknownAccountError,
    UnknownScenarioError,
)
from app.store.store import Store
from app.store.values import Account, AdoptionChange, AdoptionEntry, Change, Draft, Role, Saved

__all__ = [
    "Account",
    "AdoptionChange",
    "AdoptionConflictError",
    "AdoptionEntry",
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
