-- What was written to the EHR: a key that we give, where the server put it, its version; begun, but without a reference, while
-- the answer is open, so that a write whose answer was lost is looked for before it is repeated.

create table gliabridge.ehr_ledger (
  key        text primary key,
  begun_at   timestamptz not null,
  reference  text,
  version    text,
  written_at timestamptz,
  check ((reference is null) = (written_at is null))
);
