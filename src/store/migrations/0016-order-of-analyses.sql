-- In which order analyses were registered, by the database and not by a clock, which may be set back; and which are worked on first:
-- 1 urgent orders, 2 fresh studies, 3 older ones that a person had taken.
alter table gliabridge.analyses add column sequence bigint;
update gliabridge.analyses a set sequence = o.n
  from (select analysis_id, row_number() over (order by created_at, analysis_id) as n from gliabridge.analyses) o where o.analysis_id = a.analysis_id;
alter table gliabridge.analyses alter column sequence set not null;
alter table gliabridge.analyses alter column sequence add generated always as identity;
select setval(pg_get_serial_sequence('gliabridge.analyses', 'sequence'), (select coalesce(max(sequence), 0) + 1 from gliabridge.analyses), false);
alter table gliabridge.analyses add column priority smallint not null default 2 check (priority between 1 and 3);

drop index gliabridge.analyses_by_study;
create index analyses_by_study on gliabridge.analyses (study_instance_uid, sequence);
drop index gliabridge.analyses_open;
-- Serves the claim: only what may still move by itself, urgent first, then as registered.
create index analyses_open on gliabridge.analyses (priority, sequence) where state in ('queued', 'running', 'analysed');
-- Serves the list of all watched studies.
create index watched_studies_by_change on gliabridge.watched_studies (changed_at desc, study_instance_uid);
