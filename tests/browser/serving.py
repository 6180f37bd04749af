"""The server that browsers see: one for all tests, whose threads and connections stay warm."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.servers.basehttp import ThreadedWSGIServer
from django.db import connections
from django.test.testcases import LiveServerThread

# A browser keeps up to six connections open, and two people may look at one page.
THREADS = 32
PATIENCE = 10.0


class WarmServer(ThreadedWSGIServer):
    """Its threads serve one browser after the other, and keep their connections to the database.

    Django's begins a thread for each connection of a browser, and a session of PostgreSQL for each
    request: what that session has to read before its first answer takes longer than most pages.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.threads = ThreadPoolExecutor(
            THREADS, thread_name_prefix="pages", initializer=_keep_connection
        )
        self.served = 0
        self.changed = threading.Condition()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._count(1)
        self.threads.submit(self.process_request_thread, request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._count(-1)

    def _close_connections(self) -> None:
        """They stay open for the next browser."""

    def _count(self, more: int) -> None:
        with self.changed:
            self.served += more
            self.changed.notify_all()

    def server_close(self) -> None:
        super().server_close()
        self.threads.shutdown()


def _keep_connection() -> None:
    connections["default"].settings_dict = {
        **connections["default"].settings_dict,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": False,
    }


class ServerThread(LiveServerThread):
    server_class = WarmServer
    httpd: WarmServer


class PageServer:
    def __init__(self) -> None:
        self.thread = ServerThread("localhost", StaticFilesHandler)
        self.thread.daemon = True
        self.thread.start()
        self.thread.is_ready.wait()
        if self.thread.error:
            raise self.thread.error

    @property
    def url(self) -> str:
        return f"http://{self.thread.host}:{self.thread.port}"

    def wait_until_idle(self) -> None:
        """Until no browser is connected any more, and so no request is being answered."""
        httpd = self.thread.httpd
        with httpd.changed:
            is_idle = httpd.changed.wait_for(lambda: not httpd.served, PATIENCE)
        assert is_idle, f"{httpd.served} connections are still served after {PATIENCE:.0f} s"

    def stop(self) -> None:
        self.thread.terminate()
