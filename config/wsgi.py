import logging
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

from tenants.apps import refuse_unsafe_database_role  # noqa: E402  (Django is loaded now)

refuse_unsafe_database_role()

from core.quiet_links import HidesLinks  # noqa: E402

# The server writes it, for every request.
logging.getLogger("granian.access").addFilter(HidesLinks())

from config.memory import keep_the_program_out_of_collections  # noqa: E402

keep_the_program_out_of_collections()
