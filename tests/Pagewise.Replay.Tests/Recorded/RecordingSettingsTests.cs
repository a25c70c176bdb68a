using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.Hardware;
using Pagewise.Replay.Recorded;

namespace Pagewise.Replay.Tests.Recorded;

public sealed class RecordingSettingsTests
{
    [Fact]
    public void TheHeaderOfARealProgramIsRead()
    {
        var settings = new RecordingSettings();
        settings.Read("# kernel 6.18.44; strace 6.1; ASLR off (setarch -R); THP always [madvise] never; overcommit_memory 1");
        MachineSpec spec = settings.Apply(new MachineSpec { RandomizeVaSpace = 2, Thp = ThpMode.Always });
        spec.Kernel.ShouldBe(new KernelVersion(6, 18));
        spec.RandomizeVaSpace.ShouldBe(0);
        spec.Thp.ShouldBe(ThpMode.Madvise);
        spec.OvercommitMemory.ShouldBe(1);
        settings.Files.ShouldBeEmpty();
    }

    [Fact]
    public void TheHeaderOfAFuzzerNamesItsFiles()
    {
        var settings = new RecordingSettings();
        settings.Read("# vmfuzz; kernel 6.18.44; ASLR off; uid 0 unless opts has u; overcommit 0; fds: 3 log, 4 ro file 5 MiB ext4, 5 rw file 5 MiB ext4; second run differs in 0 lines");
        settings.Files.ShouldBe([new PreopenedFile(4, false, 5 << 20, "ext4", 4096), new PreopenedFile(5, true, 5 << 20, "ext4", 65536)]);
        settings.Uid.ShouldBe(0u);
    }

    [Fact]
    public void CapabilitiesAndMemoryAreRead()
    {
        var settings = new RecordingSettings();
        settings.Read("# vmcases; kernel 6.1.9; RAM 512 MiB; swap 1 GiB; read_ahead_kb 8192; uid 1000, CAP_IPC_LOCK no, CAP_SYS_RESOURCE yes");
        MachineSpec spec = settings.Apply(new MachineSpec());
        (spec.MemoryBytes, spec.SwapBytes, spec.Uid).ShouldBe((512ul << 20, 1ul << 30, 1000u));
        spec.ReadAheadKb.ShouldBe(8192);
        (spec.CapIpcLock, spec.CapSysResource).ShouldBe((false, true));
    }

    [Fact]
    public void WhatTheHeaderDoesNotSayStays()
    {
        var settings = new RecordingSettings();
        settings.Read("# kernel panics are not releases; uid x; RAM lots");
        var spec = new MachineSpec { Uid = 3 };
        settings.Apply(spec).ShouldBe(spec);
    }
}
