-- Notices to people: each is one row that is sent, tried again and failed by itself; of which happenings a rule has told is remembered apart.
create table gliabridge.notices (
  notice_id     text primary key,
  rule          text not null,
  is_urgent     boolean not null,
  items         jsonb not null,
  created_at    timestamptz not null,
  state         text not null default 'waiting' check (state in ('waiting', 'done', 'failed')),
  attempts      integer not null default 0,
  due_at        timestamptz not null,
  claimed_until timestamptz,
  last_error    jsonb,
  done_at       timestamptz,
  receipt       jsonb
);
create index notices_due on gliabridge.notices (due_at, notice_id) where state = 'waiting';
create index notices_of_rule on gliabridge.notices (rule, created_at) where not is_urgent;
create index notices_by_age on gliabridge.notices (created_at, notice_id);

create table gliabridge.notice_items (
  rule      text not null,
  item_key  text not null,
  notice_id text not null references gliabridge.notices on delete cascade,
  primary key (rule, item_key)
);

create index analyses_held on gliabridge.analyses (updated_at, analysis_id) where state = 'held';
create index analyses_urgent on gliabridge.analyses (updated_at, analysis_id) where state = 'delivered' and priority = 1;
create index review_deliveries_failed on gliabridge.review_deliveries (review_id, leg) where state = 'failed';
