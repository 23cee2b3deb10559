"""Asks for storage commitment with pynetdicom, as a modality would, and prints what is reported.

Usage: commit_storage.py HOST PORT CALLED CALLING LISTEN CLASS INSTANCE...   LISTEN: own port for the report, or 0: report in this association.
"""

import json
import sys
import threading

from pynetdicom import AE, build_role, evt
from pynetdicom.sop_class import StorageCommitmentPushModel, StorageCommitmentPushModelInstance
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

host, port, called, calling, listen, sop_class, *instances = sys.argv[1:]
reported = threading.Event()
report = {}


def items(sequence):
    return [str(item.ReferencedSOPInstanceUID) for item in sequence or []]


def on_report(event):
    data = event.event_information
    report.update(
        type=int(event.event_type),
        same=data.TransactionUID == transaction,
        kept=items(data.get("ReferencedSOPSequence")),
        failed=[[str(i.ReferencedSOPInstanceUID), int(i.FailureReason)] for i in data.get("FailedSOPSequence", [])],
    )
    reported.set()
    return 0x0000, None


transaction = generate_uid()
ae = AE(ae_title=calling)
ae.add_requested_context(StorageCommitmentPushModel)
handlers = [(evt.EVT_N_EVENT_REPORT, on_report)]
server = None
if int(listen):
    ae.add_supported_context(StorageCommitmentPushModel, scu_role=False, scp_role=True)
    server = ae.start_server(("127.0.0.1", int(listen)), block=False, evt_handlers=handlers)
association = ae.associate(host, int(port), ae_title=called, evt_handlers=handlers)
assert association.is_established, "rejected"
asked = Dataset()
asked.TransactionUID = transaction
asked.ReferencedSOPSequence = []
for instance in instances:
    item = Dataset()
    item.ReferencedSOPClassUID = sop_class
    item.ReferencedSOPInstanceUID = instance
    asked.ReferencedSOPSequence.append(item)
status, _ = association.send_n_action(asked, 1, StorageCommitmentPushModel, StorageCommitmentPushModelInstance)
if server is not None:
    association.release()
reported.wait(20)
if server is None:
    association.release()
else:
    server.shutdown()
print(json.dumps({"status": int(status.Status), **report}))
