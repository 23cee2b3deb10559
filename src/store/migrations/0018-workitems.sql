-- Workitems of a worklist (UPS-RS) that we claimed. The Transaction UID is written before the claim is sent: it alone proves later that the workitem is ours.
create table gliabridge.workitems (
  workitem_uid       text primary key,
  transaction_uid    text not null,
  state              text not null check (state in ('claiming', 'in progress', 'closed')),
  study_instance_uid text,
  priority           text not null check (priority in ('first', 'fresh', 'backfill')),
  claimed_at         timestamptz not null,
  told               text,
  cancel_requested   boolean not null default false,
  outcome            text
);
create index workitems_open on gliabridge.workitems (claimed_at, workitem_uid) where state <> 'closed';
