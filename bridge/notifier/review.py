"""What another configuration means to a subscription that lives: whether it may go on, and what it is shown."""

from collections.abc import Callable

from bridge.notifier.admission import Admission
from bridge.notifier.profiles import Profiles
from bridge.notifier.subscription import Subscription
from bridge.sip.credentials import Identity
from bridge.sip.errors import Forbidden, NotFound

# Who a user at a host is now, the user None where nobody was asked for a name; None if nobody who
# would be let in.
Recognise = Callable[[str | None, str], Identity | None]


def reason_to_end(subscription: Subscription, admission: Admission, recognise: Recognise) -> str:
    """The reason of its Subscription-State (RFC 6665 section 4.1.3) where it may not go on; empty where it may."""
    user, source, extension = subscription.user, subscription.source, subscription.subject.extension
    identity = recognise(user, source)
    if identity is None or not identity.may_watch(extension):
        return "rejected"
    try:
        admission.require_watcher(user, source, extension)
    except NotFound:
        return "noresource"
    except Forbidden:
        return "rejected"
    return ""


def dress(subscription: Subscription, profiles: Profiles) -> bool:
    """Serve it by these profiles from now on; whether that makes a difference to its phone.

    The type of the document is what was agreed on with Accept, and stays until it subscribes anew.
    """
    profile = profiles.choose(subscription.agent).profile
    if profile == subscription.profile:
        return False
    subject = subscription.subject
    subscription.profile = profile
    subscription.subject = profile.subject(subject.extension, subject.uri)
    body = profile.body(subscription.body.content_type)
    if body.content_type == subscription.body.content_type:
        subscription.body = body
    return True
