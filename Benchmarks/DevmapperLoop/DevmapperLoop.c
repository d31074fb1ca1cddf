#include "DevmapperLoop.h"
#include <libdevmapper.h>

static int run(struct dm_task *task) {
    int done = task && dm_task_run(task);
    if (task) dm_task_destroy(task);
    return done ? 0 : -1;
}

static struct dm_task *named(int type, const char *name) {
    struct dm_task *task = dm_task_create(type);
    if (task && dm_task_set_name(task, name)) return task;
    if (task) dm_task_destroy(task);
    return NULL;
}

/// A step of which udev is told, as libdevmapper's users do it.
static int run_with_udev(struct dm_task *task) {
    uint32_t cookie = 0;
    if (!task || !dm_task_set_cookie(task, &cookie, 0)) return -1;
    int result = run(task);
    if (!dm_udev_wait(cookie)) return -1;
    dm_task_update_nodes();
    return result;
}

int devmapper_cycle(const char *name, unsigned long long length, const char *target, const char *arguments) {
    if (run(named(DM_DEVICE_CREATE, name))) return -1;
    struct dm_task *load = named(DM_DEVICE_RELOAD, name);
    if (!load || !dm_task_add_target(load, 0, length, target, arguments) || run(load)) return -1;
    if (run_with_udev(named(DM_DEVICE_RESUME, name))) return -1;
    return run_with_udev(named(DM_DEVICE_REMOVE, name));
}
