# Sends HL7 v2 messages by python-hl7 and prints each acknowledgment, read by python-hl7, as JSON: send_hl7.py PORT, messages on standard input as a JSON list.
import json
import sys

import hl7
from hl7.client import MLLPClient

with MLLPClient("127.0.0.1", int(sys.argv[1])) as client:
    for text in json.load(sys.stdin):
        sent = hl7.parse(text)
        answer = hl7.parse(client.send_message(sent).decode("latin-1").strip("\x0b\x1c\r") + "\r")
        error = answer.segments("ERR")[0] if "ERR" in [str(one[0]) for one in answer] else None
        print(
            json.dumps(
                {
                    "code": str(answer.segment("MSA")[1]),
                    "of": str(answer.segment("MSA")[2]),
                    "type": str(answer.segment("MSH")[9]),
                    "to": str(answer.segment("MSH")[5]),
                    "condition": str(error[3][0][0]) if error else "",
                }
            ),
            flush=True,
        )
