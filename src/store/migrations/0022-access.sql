-- People who sign in: their sessions, sign-ins that are under way at a provider, local accounts. Tokens and states stand here as sha256 alone.
create table gliabridge.sessions (
  digest  text primary key,
  visitor jsonb not null,
  -- Of a local account, whose sessions end with it.
  account text,
  seen_at timestamptz not null,
  ends_at timestamptz not null
);
create index sessions_by_end on gliabridge.sessions (ends_at);
create index sessions_of_account on gliabridge.sessions (account) where account is not null;

create table gliabridge.sign_ins (
  digest  text primary key,
  begun   jsonb not null,
  ends_at timestamptz not null
);
create index sign_ins_by_end on gliabridge.sign_ins (ends_at);

-- Tokens that may be used once, by the digest of issuer and id, until they would have expired.
create table gliabridge.used_tokens (
  digest  text primary key,
  ends_at timestamptz not null
);
create index used_tokens_by_end on gliabridge.used_tokens (ends_at);

create table gliabridge.accounts (
  name          text primary key,
  person        jsonb not null,
  roles         text[] not null,
  password_hash text not null,
  failures      integer not null default 0,
  locked_until  timestamptz,
  created_at    timestamptz not null
);
