"""RFC 3161 timestamps of checkpoints: the request leaves on a stick, the response comes back as an entry (L20)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerifierBuilder,
    decode_timestamp_response,
)

from verifiable_draw.errors import DataError, UsageError

SHA256 = x509.ObjectIdentifier("2.16.840.1.101.3.4.2.1")
GRANTED = 0


def request(text: bytes) -> bytes:
    """DER request for a checkpoint's text; the same text gives the same bytes, for there is no nonce."""
    builder = TimestampRequestBuilder().data(text).hash_algorithm(HashAlgorithm.SHA256).nonce(nonce=False)
    return builder.cert_request(cert_request=True).build().as_bytes()


def _decode(response: bytes) -> TimeStampResponse:
    try:
        decoded = decode_timestamp_response(response)
        if decoded.as_bytes() != response or decoded.status != GRANTED:
            raise DataError("timestamp.malformed", detail=f"status {decoded.status}")
        decoded.tst_info.message_imprint  # noqa: B018 - parsed only when asked for
    except ValueError as error:
        raise DataError("timestamp.malformed", detail="DER") from error
    return decoded


def imprint(response: bytes, text: bytes) -> datetime:
    """The time a response states for a checkpoint's text; DataError unless it is granted and of this text."""
    info = _decode(response).tst_info
    algorithm, digest = info.message_imprint.hash_algorithm, info.message_imprint.message
    if (algorithm, digest) != (SHA256, hashlib.sha256(text).digest()):
        raise DataError("timestamp.other_text")
    return info.gen_time


def verify(response: bytes, text: bytes, certificates: Sequence[bytes]) -> datetime:
    """The time that an authority proved for a checkpoint's text; DataError if it does not.

    `certificates`: PEM files; those that sign themselves are the roots that the reader trusts, the others may be the
    authority's own or lie between.
    """
    stated = imprint(response, text)
    try:
        loaded = [c for data in certificates for c in x509.load_pem_x509_certificates(data)]
    except ValueError as error:
        raise UsageError("timestamp.certificate", detail=str(error)) from error
    roots = [c for c in loaded if c.issuer == c.subject]
    if not roots:
        raise UsageError("timestamp.certificate", detail="no root")
    builder = VerifierBuilder(roots=roots, intermediates=[c for c in loaded if c not in roots])
    try:
        builder.build().verify_message(_decode(response), text)
    except DataError:
        raise
    except Exception as error:  # a certificate in the response can be malformed in ways that have no common class
        raise DataError("timestamp.not_proven", detail=" ".join(str(error).split())[:100]) from error
    return stated
