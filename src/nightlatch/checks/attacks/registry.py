"""Every attack the engine knows: explicit tuples, no discovery."""

from nightlatch.checks.attacks import (
    command_injection,
    file_upload,
    insecure_deserialisation,
    path_traversal,
    remote_file_inclusion,
    xml_external_entity,
)
from nightlatch.checks.attacks.recogniser import Recogniser, RequestRule
from nightlatch.checks.check import Check

ATTACK_CHECKS: tuple[Check, ...] = (
    command_injection.CHECK,
    file_upload.CHECK,
    insecure_deserialisation.CHECK,
    path_traversal.CHECK,
    remote_file_inclusion.CHECK,
    xml_external_entity.CHECK,
)

RECOGNISERS: tuple[Recogniser, ...] = (
    command_injection.RECOGNISER,
    file_upload.RECOGNISER,
    insecure_deserialisation.RECOGNISER,
    path_traversal.RECOGNISER,
    remote_file_inclusion.RECOGNISER,
    xml_external_entity.RECOGNISER,
)

REQUEST_RULES: tuple[RequestRule, ...] = ()
