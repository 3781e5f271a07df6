-- Since when the catalog's cursor has stood still, and where: null where the release before wrote the row, and where it could not be read.
ALTER TABLE publisher ADD COLUMN since INTEGER;
ALTER TABLE publisher ADD COLUMN applied INTEGER;
