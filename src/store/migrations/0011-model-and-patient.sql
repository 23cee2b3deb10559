-- Which model analysed (what computes, without the prose of its bundle); unknown for earlier analyses, which are known by bundle_digest.
alter table gliabridge.analyses add column model_digest text;
-- A person's confirmation of the patient is a fact of its own, out of the way of whatever is written into the summary.
alter table gliabridge.analyses add column confirmed_patient jsonb;
update gliabridge.analyses set confirmed_patient = summary -> 'confirmedPatient', summary = summary - 'confirmedPatient'
  where summary ? 'confirmedPatient';
