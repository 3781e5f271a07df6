-- Marks in hundredths, as JSON: those of the whole and of each item; NULL where the whole marks say it all, which are rounded down else.
ALTER TABLE attempts ADD COLUMN hundredths TEXT CHECK (hundredths IS NULL OR json_valid(hundredths));
