"""Refusal codes of zones, regulations and permits."""

from django.utils.translation import gettext_lazy as _

from kernel.refusals import code

CITY_ONLY = code("zones.city_only", 403, _("Only the city writes rules"))
ZONE_NOT_FOUND = code("zones.zone_not_found", 404, _("No such zone"))
REGULATION_NOT_FOUND = code("zones.regulation_not_found", 404, _("No such regulation"))
VERSION_NOT_FOUND = code("zones.version_not_found", 404, _("No such version"))
PERMIT_NOT_FOUND = code("zones.permit_not_found", 404, _("No such permit"))
CODE_TAKEN = code("zones.code_taken", 409, _("The code is taken"))
NOT_A_DRAFT = code("zones.not_a_draft", 409, _("Only a draft can be published"))
NOT_PUBLISHED = code("zones.not_published", 409, _("Only a published version can be annulled"))
ALREADY_EVALUATED = code("zones.already_evaluated", 409, _("The rule has been in use"))
GEOMETRY_INVALID = code("zones.geometry_invalid", 422, _("The geometry is not valid"))
RULE_INVALID = code("zones.rule_invalid", 422, _("A rule is not in the rule language"))
PERIOD_EMPTY = code("zones.period_empty", 422, _("The period is empty"))
RECORDED_LATER = code("zones.recorded_later", 422, _("A record cannot start in the future"))
PASS_UNKNOWN = code("zones.pass_unknown", 422, _("No rule knows this pass"))
PASS_TOO_LATE = code("zones.pass_too_late", 409, _("The pass is asked for too late"))
PASS_TAKEN = code("zones.pass_taken", 409, _("The vehicle has a pass for this day"))
PASS_QUOTA = code("zones.pass_quota", 409, _("All passes of the year are used"))
SCHEME_NOT_FOUND = code("zones.scheme_not_found", 404, _("No such template"))
SCHEME_UNDATED = code("zones.scheme_undated", 422, _("The template needs a first day"))
PERMIT_HOLDER = code("zones.permit_holder", 422, _("A permit is for a plate or a class"))
FILE_UNREADABLE = code("zones.file_unreadable", 422, _("The file cannot be read"))
STATE_DIFFERS = code("zones.state_differs", 409, _("The version is in another state"))
OWN_DRAFT = code("zones.own_draft", 409, _("A draft is reviewed by a second person"))
PERSON_NEEDED = code("zones.person_needed", 409, _("Only a person reviews a draft"))
DRAFT_CHANGED = code("zones.draft_changed", 409, _("The draft was changed in the meantime"))
REVIEW_NEEDED = code("zones.review_needed", 409, _("The draft is not reviewed"))
IMPACT_DIFFERS = code("zones.impact_differs", 409, _("The impact is not of this draft"))
CONTRADICTION = code("zones.contradiction", 409, _("Rules of equal priority contradict each other"))
