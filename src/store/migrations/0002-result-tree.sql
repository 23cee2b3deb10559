-- More DICOM objects per analysis: the structured report, and those that a site may switch on.
alter table gliabridge.artifacts drop constraint artifacts_role_check;
alter table gliabridge.artifacts add constraint artifacts_role_check check (
  role in ('segmentation', 'pdf', 'encapsulated-pdf', 'report', 'result', 'label-map', 'probabilities', 'uncertainty', 'rejection-note')
  or role ~ '^key-image-[1-9]$'
);
