-- Segmentations on the grids of maps that a bundle took beside the sequences.
alter table gliabridge.artifacts drop constraint artifacts_role_check;
alter table gliabridge.artifacts add constraint artifacts_role_check check (
  role in ('segmentation', 'pdf', 'encapsulated-pdf', 'report', 'result', 'label-map', 'probabilities', 'uncertainty', 'rejection-note')
  or role ~ '^key-image-[1-9]$'
  or role ~ '^saliency-(idh|1p19q|mgmt|grade|survival)$'
  or role ~ '^segmentation-(T1|T1c|T2|FLAIR|ADC|rCBV)$'
);
