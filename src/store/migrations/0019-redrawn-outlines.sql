-- Outlines that a person corrected: what was measured on them, and their labels, one byte a voxel, deflated.
alter table gliabridge.reviews add column redrawn jsonb;

create table gliabridge.review_labels (
  review_id  text primary key references gliabridge.reviews,
  bytes      bytea not null,
  sha256     text not null,
  created_at timestamptz not null
);
alter table gliabridge.review_labels alter column bytes set storage external;
create trigger append_only before update or delete on gliabridge.review_labels
  for each row execute function gliabridge.refuse_change();
