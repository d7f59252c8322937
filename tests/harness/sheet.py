"""Opens an XLSX with openpyxl (a library that is not the one that wrote it) and prints it as JSON."""

import datetime
import json
import sys

import openpyxl


def plain(cell):
    value = cell.value
    if isinstance(value, (datetime.datetime, datetime.date)):
        return {"date": value.isoformat()}
    if isinstance(value, (datetime.time, datetime.timedelta)):
        return {"time": str(value)}
    if cell.data_type == "f":
        return {"formula": str(value)}
    return value


book = openpyxl.load_workbook(sys.argv[1])
json.dump(
    {
        sheet.title: {
            "rows": [[plain(cell) for cell in row] for row in sheet.iter_rows()],
            "frozen": sheet.freeze_panes,
            "filter": sheet.auto_filter.ref,
            "landscape": sheet.page_setup.orientation == "landscape",
            "paper": sheet.page_setup.paperSize,
            "one_page_wide": bool(sheet.sheet_properties.pageSetUpPr and sheet.sheet_properties.pageSetUpPr.fitToPage) and sheet.page_setup.fitToWidth in (None, 1) and sheet.page_setup.fitToHeight == 0,
            "repeated": sheet.print_title_rows,
        }
        for sheet in book
    },
    sys.stdout,
    ensure_ascii=False,
)
