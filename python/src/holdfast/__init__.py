"""Connect your users to third-party apps through a Holdfast server.

`Holdfast` and `AsyncHoldfast` are the clients; `holdfast.errors` shows what can go wrong; `holdfast.composio` has the
class names of existing Composio code; `holdfast.testing` approves connections in test mode without a browser.
"""

from holdfast._async.client import AsyncHoldfast
from holdfast._async.connected_accounts import AsyncConnectionRequest
from holdfast._async.listing import AsyncListing
from holdfast._sync.client import Holdfast
from holdfast._sync.connected_accounts import ConnectionRequest
from holdfast._sync.listing import Listing
from holdfast._version import __version__
from holdfast.errors import (
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    ConnectionFailedError,
    FieldError,
    HoldfastError,
    NetworkError,
    NotFoundError,
    RateLimitError,
    ServerError,
    UnexpectedAnswerError,
    ValidationError,
    WaitTimeoutError,
    WebhookVerificationError,
)
from holdfast.models import (
    AccountEvent,
    AccountStatus,
    ApiKey,
    App,
    AuthParam,
    AuthParams,
    ConnectedAccount,
    ConnectionParams,
    ConnectLink,
    Entity,
    EntitySession,
    ExpectedParam,
    ExpectedParams,
    FailNextTokenCalls,
    Identity,
    ImportedAccount,
    Integration,
    Page,
    Project,
    Revocation,
    RevokedToken,
    SignedCall,
    SimulatorState,
    StatusReason,
)
from holdfast.webhooks import WebhookEvent, verify_webhook

__all__ = [
    "AccountEvent",
    "AccountStatus",
    "ApiKey",
    "App",
    "AsyncConnectionRequest",
    "AsyncHoldfast",
    "AsyncListing",
    "AuthParam",
    "AuthParams",
    "AuthenticationError",
    "BadRequestError",
    "ConfigurationError",
    "ConnectLink",
    "ConnectedAccount",
    "ConnectionFailedError",
    "ConnectionParams",
    "ConnectionRequest",
    "Entity",
    "EntitySession",
    "ExpectedParam",
    "ExpectedParams",
    "FailNextTokenCalls",
    "FieldError",
    "Holdfast",
    "HoldfastError",
    "Identity",
    "ImportedAccount",
    "Integration",
    "Listing",
    "NetworkError",
    "NotFoundError",
    "Page",
    "Project",
    "RateLimitError",
    "Revocation",
    "RevokedToken",
    "ServerError",
    "SignedCall",
    "SimulatorState",
    "StatusReason",
    "UnexpectedAnswerError",
    "ValidationError",
    "WaitTimeoutError",
    "WebhookEvent",
    "WebhookVerificationError",
    "__version__",
    "verify_webhook",
]
