-- Rows that are added to and never changed can be deleted by an erasure, which says so for its own transaction; never changed, and
-- nothing of the audit trail, which keeps that there was an erasure.
create or replace function gliabridge.refuse_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and tg_table_name <> 'audit' and current_setting('gliabridge.erasing', true) = 'on' then
    return old;
  end if;
  raise exception 'rows of % are append-only', tg_table_name using errcode = 'restrict_violation';
end $$;
alter table gliabridge.audit drop constraint audit_target_check;
alter table gliabridge.audit add constraint audit_target_check check (target in ('pacs', 'ehr', 'spool', 'store'));
