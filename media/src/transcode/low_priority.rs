//! Threads for the 360p rendition: of low priority, so that everything else goes first where the processor is short.
//!
//! Threads of their own, not of GStreamer's pool: there a thread goes on to another pipeline when it is done, and who is not
//! root cannot raise its priority again.

use gst::{glib, prelude::*, subclass::prelude::*};

/// Added to the niceness: a thread has a tenth of what another one has that also wants to run.
const NICE: i32 = 10;

glib::wrapper! {
    /// The pool.
    pub(super) struct LowPriority(ObjectSubclass<imp::LowPriority>) @extends gst::TaskPool, gst::Object;
}

impl LowPriority {
    /// Has all threads of the bus's pipeline come from here.
    pub(super) fn install(bus: &gst::Bus) {
        let pool: Self = glib::Object::new();
        bus.set_sync_handler(move |_, message| {
            if let gst::MessageView::StreamStatus(status) = message.view() {
                let (kind, _) = status.get();
                if kind == gst::StreamStatusType::Create
                    && let Some(task) =
                        status.stream_status_object().and_then(|object| object.get::<gst::Task>().ok())
                {
                    task.set_pool(&pool);
                }
            }
            gst::BusSyncReply::Pass
        });
    }
}

mod imp {
    use std::thread::{Builder, JoinHandle};

    use super::{GstObjectImpl, NICE, ObjectImpl, ObjectSubclass, TaskPoolImpl, glib};
    use gst::{TaskHandle, subclass::TaskPoolFunction};

    #[derive(Default)]
    pub(in super::super) struct LowPriority;

    #[glib::object_subclass]
    impl ObjectSubclass for LowPriority {
        const NAME: &'static str = "YunkeLowPriorityPool";
        type Type = super::LowPriority;
        type ParentType = gst::TaskPool;
    }

    impl ObjectImpl for LowPriority {}
    impl GstObjectImpl for LowPriority {}

    pub(in super::super) struct Handle(JoinHandle<()>);

    impl TaskHandle for Handle {
        fn join(self) {
            let _ = self.0.join();
        }
    }

    impl TaskPoolImpl for LowPriority {
        type Handle = Handle;

        fn push(&self, func: TaskPoolFunction) -> Result<Option<Handle>, glib::Error> {
            let work = move || {
                // On Linux the priority is the thread's own. Without it the work is done all the same.
                let _ = rustix::process::setpriority_process(None, NICE);
                func.call();
            };
            let thread = Builder::new().name("ladder".to_owned()).spawn(work);
            thread
                .map(|thread| Some(Handle(thread)))
                .map_err(|error| glib::Error::new(gst::CoreError::Thread, &error.to_string()))
        }
    }
}
