-- The PDF that a review brings about, made once; and the key figures of an analysis, from which it is drawn.
create table gliabridge.review_documents (
  review_id  text primary key references gliabridge.reviews,
  bytes      bytea not null,
  sha256     text not null,
  created_at timestamptz not null
);
alter table gliabridge.review_documents alter column bytes set storage external;
create trigger append_only before update or delete on gliabridge.review_documents
  for each row execute function gliabridge.refuse_change();

alter table gliabridge.artifacts drop constraint artifacts_role_check;
alter table gliabridge.artifacts add constraint artifacts_role_check check (
  role in ('segmentation', 'pdf', 'figures', 'encapsulated-pdf', 'report', 'result', 'label-map', 'probabilities', 'uncertainty', 'rejection-note')
  or role ~ '^key-image-[1-9]$'
  or role ~ '^saliency-(idh|1p19q|mgmt|grade|survival)$'
  or role ~ '^segmentation-(T1|T1c|T2|FLAIR|ADC|rCBV)$'
);
