-- Who has which analysis open to decide on it: told to whoever comes second, binding nobody, and void after a silence.
create table gliabridge.review_claims (
  analysis_id text not null references gliabridge.analyses,
  -- As the site knows the person, or as they gave it.
  identifier  text not null,
  name        text not null,
  since       timestamptz not null,
  seen_at     timestamptz not null,
  primary key (analysis_id, identifier)
);
