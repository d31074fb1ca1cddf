// `import DeviceMapper` gives tables and volumes, with the units and devices that they are made of.
@_exported public import BlockIO
@_exported public import DeviceMapperControl
@_exported public import DeviceMapperTables
@_exported public import DiskFormats
@_exported public import StorageUnits
@_exported public import UserspaceVolumes
