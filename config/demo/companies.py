from config.demo.kuusi import KUUSI
from config.demo.nordlicht import NORDLICHT

COMPANIES = (KUUSI, NORDLICHT)
