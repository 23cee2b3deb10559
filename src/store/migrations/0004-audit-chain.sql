-- The audit trail becomes a chain: each row holds what it says as canonical text, the digest of the row before it, and the sha256 over
-- both. The head is the lock under which rows are added, and shows when the last rows were taken away.

alter table gliabridge.audit add column position bigint unique;
alter table gliabridge.audit add column content text;
alter table gliabridge.audit add column previous text;
alter table gliabridge.audit add column digest text;
alter table gliabridge.audit add constraint audit_chained check (num_nulls(position, content, previous, digest) in (0, 4));

-- The rows of before, as one digest: the chain begins with it, so they too cannot be changed unseen.
create function gliabridge.audit_before_chain() returns text language sql stable as $$
  select encode(sha256(convert_to(coalesce(string_agg(
    concat_ws('|', audit_id, extract(epoch from at), action, target, study_instance_uid, what, outcome), E'\n' order by audit_id
  ), ''), 'UTF8')), 'hex') from gliabridge.audit where position is null
$$;

create table gliabridge.audit_head (
  only_one boolean primary key default true check (only_one),
  position bigint not null,
  digest   text not null
);
insert into gliabridge.audit_head (position, digest) values (0, gliabridge.audit_before_chain());
