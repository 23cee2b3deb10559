-- Which series a person chose for which sequence, and who: part of what an analysis is.
alter table gliabridge.analyses add column series_choice jsonb;
