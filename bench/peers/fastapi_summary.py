"""The peer: FastAPI with the same checks: HS256 token with issuer and audience, one bucket per user, the headers."""

import os
import time
import uuid

import jwt
from fastapi import Depends, FastAPI, HTTPException, Request

SECRET = os.environ["JWT_SECRET_KEY"]
app = FastAPI()
buckets: dict[str, list[float]] = {}
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=()",
    "cache-control": "no-store",
}


@app.middleware("http")
async def headers(request: Request, call_next):
    answer = await call_next(request)
    for name, value in HEADERS.items():
        answer.headers[name] = value
    answer.headers["x-request-id"] = uuid.uuid4().hex[:8]
    return answer


def caller(request: Request) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer":
        raise HTTPException(401)
    try:
        claims = jwt.decode(token, SECRET, algorithms=["HS256"], issuer="i", audience="a")
    except jwt.PyJWTError as error:
        raise HTTPException(401) from error
    now = time.monotonic()
    bucket = buckets.setdefault(claims["sub"], [2e6, now])
    bucket[0] = min(2e6, bucket[0] + (now - bucket[1]) * 1e6)
    bucket[1] = now
    if bucket[0] < 1:
        raise HTTPException(429)
    bucket[0] -= 1
    if "viewer" not in claims["roles"]:
        raise HTTPException(403)
    return claims["sub"]


@app.get("/token")
def token():
    now = int(time.time())
    claims = {"sub": "bench", "roles": ["viewer"], "iss": "i", "aud": "a", "iat": now, "exp": now + 900, "jti": "x"}
    return {"token": jwt.encode(claims, SECRET, algorithm="HS256")}


@app.get("/api/health/")
def health():
    return {"ok": True}


@app.get("/api/metrics/summary")
async def summary(module: str, user: str = Depends(caller)):
    return {
        "module": module,
        "paper": True,
        "hotpath_p50": None,
        "hotpath_p99": None,
        "send_p99": None,
        "landed_pct": None,
        "pnl_1h": None,
        "age_s": None,
        "series": {"t": [], "hotpath_p50": [], "hotpath_p99": [], "send_p99": [], "p_land": [], "pnl": []},
        "counters": {},
    }
