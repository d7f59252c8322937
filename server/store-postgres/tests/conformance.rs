//! The suite every backend must pass, on PostgreSQL.

use yunke_store_postgres::testing::store;

yunke_store::conformance_suite!(store);
