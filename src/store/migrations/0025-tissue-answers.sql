-- What the EHR says of tissue after an analysis, as classes of its heads, and when it was asked last: what this site's own figures are made of.
create table gliabridge.tissue_answers (
  analysis_id text primary key references gliabridge.analyses,
  asked_at    timestamptz not null,
  answers     jsonb not null
);
