/// A scene of ``DmsetupMatrix`` by itself, since it needs no other devices.
extension DmsetupMatrix {
    /// Regions of statistics in groups. Nothing is read or written, so that all counters are 0.
    static let statisticsGroups = Scene(
        "stats, groups",
        #"""
        printf '0 1024 zero\n1024 1024 zero\n' | dmsetup create two
        dmsetup create one --table '0 2048 zero'
        dmsetup stats group --regions 0 one
        dmsetup stats ungroup --groupid 0 one
        dmsetup stats delete --groupid 0 one
        dmsetup stats create --segments two
        dmsetup message two 0 @stats_list
        dmsetup stats list two
        dmsetup stats list -v two
        dmsetup stats list --group two
        dmsetup stats list --region two
        dmsetup stats list --area two
        dmsetup stats list --area --region --group two
        dmsetup stats list -o stats_name,group_id,region_id,obj_type,region_start,region_len,area_count,area_id,user_data,program_id,precise,hist_bins two
        dmsetup stats list --histogram two
        dmsetup stats list --group -o area_start,area_len,area_offset,area_id two
        dmsetup stats list --nameprefixes --noheadings -o group_id,region_id,obj_type two
        dmsetup stats list -S 'obj_type=group' two
        dmsetup stats list -S 'group_id=0' two
        dmsetup stats list -O -group_id,-region_id two
        dmsetup stats report --count 1 -o stats_name,group_id,region_id,obj_type,read_count,write_count two
        dmsetup stats report --count 1 --group -o stats_name,group_id,region_id,obj_type,read_count,area_len two
        dmsetup stats report --count 1 --region --area -o stats_name,group_id,region_id,obj_type,read_count,area_len two
        dmsetup stats ungroup --groupid 0 two
        dmsetup message two 0 @stats_list
        dmsetup stats list two
        dmsetup stats group --regions 0-1 --alias both two
        dmsetup message two 0 @stats_list
        dmsetup stats list two
        dmsetup stats list --group two
        dmsetup stats create --segments --alias segs two
        dmsetup message two 0 @stats_list
        dmsetup stats list -v two
        dmsetup stats create --segments --nogroup two
        dmsetup stats create --segments --nogroup --alias x two
        dmsetup stats create --segments one
        dmsetup stats create --alias x one
        dmsetup stats list
        dmsetup stats group --regions 0,1,2 two
        dmsetup stats group --regions 9 two
        dmsetup stats group --regions 4-9 two
        dmsetup stats group --regions x two
        dmsetup stats group --regions 2-x two
        dmsetup stats group --regions 3-2 two
        dmsetup stats group two
        dmsetup stats group --regions 0-1
        dmsetup stats group --regions 0-1 nope
        dmsetup stats group --regions 1 --alldevices
        dmsetup stats ungroup two
        dmsetup stats ungroup --groupid 1 two
        dmsetup stats ungroup --groupid 99 two
        dmsetup stats ungroup --groupid 0
        dmsetup stats ungroup --groupid 0 nope
        dmsetup stats group --regions 4,5 two
        dmsetup stats delete --groupid 4 two
        dmsetup stats delete --groupid 4 two
        dmsetup stats delete --groupid 3 two
        dmsetup stats delete --groupid 3 --regionid 3 two
        dmsetup stats delete --groupid 3
        dmsetup stats delete --regionid 3 two
        dmsetup message two 0 @stats_list
        dmsetup stats delete --regionid 0 two
        dmsetup message two 0 @stats_list
        dmsetup stats list two
        dmsetup stats delete --allregions two
        dmsetup stats create --userdata note --segments two
        dmsetup message two 0 @stats_list
        dmsetup stats list -o region_id,group_id,user_data two
        dmsetup stats delete --regionid 1 two
        dmsetup message two 0 @stats_list
        dmsetup stats ungroup --groupid 0 two
        dmsetup message two 0 @stats_list
        dmsetup stats delete --allregions two
        dmsetup stats create --bounds 10ms,20ms two
        dmsetup stats create --bounds 10ms two
        dmsetup stats create --areas 4 --bounds 10ms,20ms two
        dmsetup stats create --precise two
        dmsetup stats group --regions 0-1 two
        dmsetup stats group --regions 0,2 two
        dmsetup stats list --histogram two
        dmsetup stats list --histogram --group -o group_id,hist_bins,hist_bounds,hist_ranges two
        dmsetup stats report --count 1 --group -o group_id,region_len,hist_count,hist_count_bounds,hist_percent two
        dmsetup stats ungroup --groupid 0 two
        dmsetup stats group --regions 0,3 two
        dmsetup stats delete --allregions --alldevices
        dmsetup stats create --start 0 --length 100 two
        dmsetup stats create --start 50 --length 100 two
        dmsetup stats create --start 40 --length 10 two
        dmsetup stats create --start 500 --length 10 two
        dmsetup stats group --regions 0-3 two
        dmsetup stats list --group -o group_id,region_start,region_len two
        dmsetup stats list --units s --nosuffix --group -o group_id,region_start,region_len two
        dmsetup stats create --programid other --segments two
        dmsetup stats list two
        dmsetup stats list --allprograms two
        dmsetup stats list --programid other -o +program_id two
        dmsetup stats list --programid x two
        dmsetup message two 0 '@stats_set_aux 0 DMS_GROUP=#-'
        dmsetup stats list two
        dmsetup message two 0 '@stats_set_aux 0 DMS_GROUP="x":1#-'
        dmsetup stats list two
        dmsetup message two 0 '@stats_set_aux 0 DMS_GROUP="x":0-q#-'
        dmsetup stats list two
        dmsetup stats delete --allregions --alldevices
        dmsetup remove one two
        """#)
}
