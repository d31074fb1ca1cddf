internal import DeviceMapperTables

/// Which group and which path a request goes to, and which have failed. Source: the kernel's dm-mpath.
struct MultipathGroups: Sendable {
    /// A path by the place of its group in the table, and its place in the group, from 0.
    struct Path: Hashable, Sendable {
        var group: Int
        var place: Int
    }

    private struct PathState: Sendable {
        var hasFailed = false
        var failureCount: UInt32 = 0
    }

    private struct Group: Sendable {
        var selector: any PathSelector
        var paths: [PathState]
        var isDisabled = false
    }

    private var groups: [Group]
    /// How many paths have not failed.
    private(set) var workingPaths: Int
    /// The group that is used, as long as it has a path.
    private var current: Int?
    /// The group that is to be used.
    private var next: Int?
    /// Until the first request has found its group, or that there is none.
    private var isNew = true

    /// Groups with these selectors and numbers of paths, of which `initialGroup` is used first.
    init(_ groups: [(selector: any PathSelector, pathCount: Int)], initialGroup: Int?) {
        self.groups = groups.map { Group(selector: $0.selector, paths: [PathState](repeating: PathState(), count: $0.pathCount)) }
        workingPaths = groups.reduce(0) { $0 + $1.pathCount }
        next = initialGroup
    }

    // MARK: requests

    /// Selects a path for a request: of the group that is to be used, of the one that is in use as long as it has any, of the first enabled
    /// one that has, or of the first disabled one.
    mutating func choose(byteCount: UInt64, now: UInt64) -> Path? {
        guard workingPaths > 0 else {
            isNew = false
            current = nil
            return nil
        }
        if let group = next {
            next = nil
            if let path = select(group, byteCount, now) { return path }
        }
        if let group = current, let path = select(group, byteCount, now) { return path }
        for group in groups.indices where !groups[group].isDisabled {
            if let path = select(group, byteCount, now) { return path }
        }
        for group in groups.indices where groups[group].isDisabled {
            if let path = select(group, byteCount, now) { return path }
        }
        current = nil
        return nil
    }

    private mutating func select(_ group: Int, _ byteCount: UInt64, _ now: UInt64) -> Path? {
        guard let place = groups[group].selector.select(byteCount: byteCount, now: now) else { return nil }
        current = group
        isNew = false
        return Path(group: group, place: place)
    }

    /// A request goes over the path.
    mutating func begin(_ path: Path, byteCount: UInt64) { groups[path.group].selector.begin(path.place, byteCount: byteCount) }

    /// A request has come back from the path, well or not.
    mutating func end(_ path: Path, byteCount: UInt64, startedAt: UInt64, now: UInt64) {
        groups[path.group].selector.end(path.place, byteCount: byteCount, startedAt: startedAt, now: now)
    }

    /// The paths that have not failed, those of the group in use first.
    var working: [Path] {
        (groups.indices.filter { $0 == current } + groups.indices.filter { $0 != current }).flatMap { group in
            groups[group].paths.indices.filter { !groups[group].paths[$0].hasFailed }.map { Path(group: group, place: $0) }
        }
    }

    // MARK: changes

    /// Takes a path out of use; whether it was in use.
    mutating func fail(_ path: Path) -> Bool {
        guard !groups[path.group].paths[path.place].hasFailed else { return false }
        groups[path.group].paths[path.place].hasFailed = true
        groups[path.group].paths[path.place].failureCount &+= 1
        groups[path.group].selector.fail(path.place)
        workingPaths -= 1
        return true
    }

    /// Takes a path into use; whether it was not.
    mutating func reinstate(_ path: Path) -> Bool {
        guard groups[path.group].paths[path.place].hasFailed else { return false }
        groups[path.group].paths[path.place].hasFailed = false
        groups[path.group].selector.reinstate(path.place)
        workingPaths += 1
        return true
    }

    /// Disables or enables a group. The next request looks for the first group that is enabled, whichever was used.
    mutating func setDisabled(_ isDisabled: Bool, group: Int) {
        groups[group].isDisabled = isDisabled
        current = nil
    }

    /// Uses a group from the next request on, and enables all.
    mutating func switchTo(group: Int) {
        for index in groups.indices { groups[index].isDisabled = false }
        current = nil
        next = group
    }

    // MARK: status

    /// What is to be told, with what the table calls the paths.
    func status(_ names: [[DeviceReference]]) -> MultipathTarget.Status {
        let told = zip(groups, names).enumerated().map { index, pair in
            let (group, names) = pair
            return MultipathTarget.Status.Group(
                state: group.isDisabled ? .disabled : index == current ? .active : .enabled, selectorWords: group.selector.words,
                paths: group.paths.indices.map { place in
                    MultipathTarget.Status.Path(
                        device: names[place], hasFailed: group.paths[place].hasFailed, failureCount: group.paths[place].failureCount,
                        words: group.selector.words(of: place))
                })
        }
        return MultipathTarget.Status(
            queueing: isNew ? 1 : 0, nextGroup: told.isEmpty ? 0 : UInt32(next ?? current ?? 0) + 1, groups: told)
    }
}
