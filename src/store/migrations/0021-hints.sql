-- Hints of senders that are told when a hint is kept (HL7 v2): which study or accession number, and when it is followed next.
create table gliabridge.hints (
  kind     text not null check (kind in ('study', 'accession')),
  value    text not null,
  heard_at timestamptz not null,
  due_at   timestamptz not null,
  attempts integer not null default 0,
  primary key (kind, value)
);
create index hints_due on gliabridge.hints (due_at, value);
