-- What became of a watched study is a word of its own beside the reason, which is free text.
alter table gliabridge.watched_studies add column outcome text check (outcome in ('accepted', 'declined', 'waiting'));
alter table gliabridge.watched_studies add column reason text;
update gliabridge.watched_studies set
  outcome = case when decision like 'left: %' then 'declined' when decision like 'waiting: %' then 'waiting' else 'accepted' end,
  reason = case
    when decision like 'left: %' then substr(decision, 7)
    when decision like 'waiting: %' then substr(decision, 10)
    when decision like 'accepted: %' then substr(decision, 11)
  end
  where decision is not null;
alter table gliabridge.watched_studies drop column decision;
alter table gliabridge.watched_studies add constraint watched_studies_reason check (outcome is not null or reason is null);
-- Serves the list of studies that are not analysed.
create index watched_studies_not_analysed on gliabridge.watched_studies (changed_at desc, study_instance_uid)
  where outcome in ('declined', 'waiting');
