"""Stores files with dicomweb-client, as a router written by others would, and prints what the answer says of each.

Usage: store_instances.py URL TOKEN FILE...
"""

import json
import sys

import pydicom
from dicomweb_client.api import DICOMwebClient


def main(url, token, *files):
    client = DICOMwebClient(url=url, headers={"Authorization": f"Bearer {token}"})
    client.set_http_retry_params(retry=False)
    answer = client.store_instances([pydicom.dcmread(path) for path in files])
    print(
        json.dumps(
            {
                "stored": [str(item.ReferencedSOPInstanceUID) for item in answer.get("ReferencedSOPSequence", [])],
                "failed": [
                    [str(item.ReferencedSOPInstanceUID), int(item.FailureReason)]
                    for item in answer.get("FailedSOPSequence", [])
                ],
            }
        )
    )


main(*sys.argv[1:])
