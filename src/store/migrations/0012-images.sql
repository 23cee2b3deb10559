-- Looking at the images that are kept here is an access to be recorded too.
alter table gliabridge.audit drop constraint audit_target_check;
alter table gliabridge.audit add constraint audit_target_check check (target in ('pacs', 'ehr', 'spool'));
