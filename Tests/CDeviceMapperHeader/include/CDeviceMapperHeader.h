#pragma once
// The kernel's own numbers, for tests that compare those of the package with them.
#ifdef __linux__
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <linux/dm-ioctl.h>

static const unsigned long header_requests[] = {
    DM_VERSION, DM_REMOVE_ALL, DM_LIST_DEVICES, DM_DEV_CREATE, DM_DEV_REMOVE, DM_DEV_RENAME, DM_DEV_SUSPEND, DM_DEV_STATUS, DM_DEV_WAIT,
    DM_TABLE_LOAD, DM_TABLE_CLEAR, DM_TABLE_DEPS, DM_TABLE_STATUS, DM_LIST_VERSIONS, DM_TARGET_MSG, DM_DEV_SET_GEOMETRY, DM_DEV_ARM_POLL,
    DM_GET_TARGET_VERSION,
};
static const int header_request_count = sizeof header_requests / sizeof *header_requests;
static inline unsigned long header_request(int index) { return header_requests[index]; }

static const uint32_t header_flag_read_only = DM_READONLY_FLAG;
static const uint32_t header_flag_suspend = DM_SUSPEND_FLAG;
static const uint32_t header_flag_persistent_device = DM_PERSISTENT_DEV_FLAG;
static const uint32_t header_flag_status_table = DM_STATUS_TABLE_FLAG;
static const uint32_t header_flag_active_present = DM_ACTIVE_PRESENT_FLAG;
static const uint32_t header_flag_inactive_present = DM_INACTIVE_PRESENT_FLAG;
static const uint32_t header_flag_buffer_full = DM_BUFFER_FULL_FLAG;
static const uint32_t header_flag_skip_bdget = DM_SKIP_BDGET_FLAG;
static const uint32_t header_flag_skip_lockfs = DM_SKIP_LOCKFS_FLAG;
static const uint32_t header_flag_noflush = DM_NOFLUSH_FLAG;
static const uint32_t header_flag_query_inactive = DM_QUERY_INACTIVE_TABLE_FLAG;
static const uint32_t header_flag_uevent_generated = DM_UEVENT_GENERATED_FLAG;
static const uint32_t header_flag_uuid = DM_UUID_FLAG;
static const uint32_t header_flag_secure_data = DM_SECURE_DATA_FLAG;
static const uint32_t header_flag_data_out = DM_DATA_OUT_FLAG;
static const uint32_t header_flag_deferred_remove = DM_DEFERRED_REMOVE;
static const uint32_t header_flag_internal_suspend = DM_INTERNAL_SUSPEND_FLAG;
static const uint32_t header_flag_measurement = DM_IMA_MEASUREMENT_FLAG;
static const uint32_t header_flag_list_has_uuid = DM_NAME_LIST_FLAG_HAS_UUID;

static const size_t header_size = sizeof(struct dm_ioctl);
static const size_t header_target_size = sizeof(struct dm_target_spec);
static const size_t header_name_place = offsetof(struct dm_name_list, name);
static const size_t header_version_name_place = offsetof(struct dm_target_versions, name);
static const size_t header_dependency_place = offsetof(struct dm_target_deps, dev);
static const size_t header_name_room = DM_NAME_LEN;
static const size_t header_uuid_room = DM_UUID_LEN;
static const size_t header_type_room = DM_MAX_TYPE_NAME;

/// A request that the C compiler lays out, with a value of its own in each field.
static inline void header_fill(struct dm_ioctl *request) {
    __builtin_memset(request, 0, sizeof *request);
    request->version[0] = 4;
    request->version[1] = 20;
    request->version[2] = 0;
    request->data_size = sizeof *request;
    request->data_start = sizeof *request;
    request->target_count = 0;
    request->flags = DM_SECURE_DATA_FLAG | DM_READONLY_FLAG;
    request->event_nr = 0x600dcafe;
    request->dev = gnu_dev_makedev(253, 70000);
    __builtin_strcpy(request->name, "a name");
    __builtin_strcpy(request->uuid, "a uuid");
}

/// A line of a table that the C compiler lays out.
static inline void header_fill_target(struct dm_target_spec *target) {
    __builtin_memset(target, 0, sizeof *target);
    target->sector_start = 0x0102030405060708;
    target->length = 0x1112131415161718;
    target->next = 48;
    __builtin_strcpy(target->target_type, "fifteen-letters");
}
#endif
