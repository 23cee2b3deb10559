-- What persons decided on analyses, added to and never changed, and how far each decision has got to PACS and EHR.

create table gliabridge.reviews (
  review_id       text primary key,
  analysis_id     text not null references gliabridge.analyses,
  number          integer not null check (number > 0),
  idempotency_key text not null,
  at              timestamptz not null,
  decision        text not null check (decision in ('accept', 'accept-with-edits', 'reject')),
  reviewer        jsonb not null,
  reason          text,
  edits           jsonb not null,
  unique (analysis_id, number),
  unique (analysis_id, idempotency_key),
  check (decision <> 'reject' or reason is not null),
  check ((decision = 'accept-with-edits') = (jsonb_array_length(edits) > 0))
);
create trigger append_only before update or delete on gliabridge.reviews
  for each row execute function gliabridge.refuse_change();

create table gliabridge.review_deliveries (
  review_id     text not null references gliabridge.reviews,
  leg           text not null check (leg in ('pacs', 'ehr')),
  state         text not null check (state in ('waiting', 'done', 'failed')),
  attempts      integer not null default 0,
  last_error    jsonb,
  done_at       timestamptz,
  receipt       jsonb,
  due_at        timestamptz not null,
  claimed_until timestamptz,
  primary key (review_id, leg),
  check (state <> 'done' or done_at is not null)
);
create index review_deliveries_open on gliabridge.review_deliveries (due_at) where state = 'waiting';
