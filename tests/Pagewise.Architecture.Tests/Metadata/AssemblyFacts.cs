using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Pagewise.Architecture.Tests.Metadata;

/// <summary>What a built assembly's metadata and instructions say about which types use which, and where code is unsafe.</summary>
internal sealed class AssemblyFacts
{
    private readonly MetadataReader _reader;
    private readonly TypeNames _names;
    private readonly HashSet<TypeUse> _uses = [];
    private readonly HashSet<MemberUse> _members = [];
    private readonly List<UnsafePlace> _unsafePlaces = [];

    private AssemblyFacts(PEReader image)
    {
        _reader = image.GetMetadataReader();
        _names = new TypeNames(_reader);
        Name = _reader.GetString(_reader.GetAssemblyDefinition().Name);
        foreach (TypeDefinitionHandle handle in _reader.TypeDefinitions)
            ReadType(image, handle);
        IsUnverifiable = HasAttribute(_reader.GetModuleDefinition().GetCustomAttributes(), "UnverifiableCodeAttribute")
            || HasAttribute(_reader.GetAssemblyDefinition().GetCustomAttributes(), "SecurityPermissionAttribute");
    }

    public string Name { get; }

    /// <summary>Whether the compiler marked the module: <c>AllowUnsafeBlocks</c> was on.</summary>
    public bool IsUnverifiable { get; }

    public IReadOnlyCollection<TypeUse> Uses => _uses;

    public IReadOnlyCollection<MemberUse> Members => _members;

    public IReadOnlyList<UnsafePlace> UnsafePlaces => _unsafePlaces;

    public static AssemblyFacts Read(string path)
    {
        using var image = new PEReader(File.OpenRead(path));
        return new AssemblyFacts(image);
    }

    private void ReadType(PEReader image, TypeDefinitionHandle handle)
    {
        TypeDefinition type = _reader.GetTypeDefinition(handle);
        TypeName from = _names.Of(handle);
        if (from.Name.StartsWith('<'))
            return; // what the compiler adds for itself (<Module>, <PrivateImplementationDetails>)
        Use(from, type.BaseType);
        foreach (InterfaceImplementationHandle implementation in type.GetInterfaceImplementations())
            Use(from, _reader.GetInterfaceImplementation(implementation).Interface);
        UseConstraints(from, type.GetGenericParameters());
        UseAttributes(from, type.GetCustomAttributes());
        foreach (FieldDefinitionHandle fieldHandle in type.GetFields())
        {
            FieldDefinition field = _reader.GetFieldDefinition(fieldHandle);
            var types = new SignatureTypes(_names);
            if (field.DecodeSignature(types, null))
                _unsafePlaces.Add(new UnsafePlace(from, _reader.GetString(field.Name), "holds a pointer"));
            UseAll(from, types);
            UseAttributes(from, field.GetCustomAttributes());
        }

        foreach (MethodDefinitionHandle methodHandle in type.GetMethods())
            ReadMethod(image, from, _reader.GetMethodDefinition(methodHandle));
    }

    private void ReadMethod(PEReader image, TypeName from, MethodDefinition method)
    {
        string name = _reader.GetString(method.Name);
        var types = new SignatureTypes(_names);
        MethodSignature<bool> signature = method.DecodeSignature(types, null);
        if (signature.ReturnType || signature.ParameterTypes.Contains(true))
            _unsafePlaces.Add(new UnsafePlace(from, name, "has a pointer in its signature"));
        if (method.Attributes.HasFlag(System.Reflection.MethodAttributes.PinvokeImpl))
            _unsafePlaces.Add(new UnsafePlace(from, name, "is imported native code"));
        UseAll(from, types);
        UseConstraints(from, method.GetGenericParameters());
        UseAttributes(from, method.GetCustomAttributes());
        if (method.RelativeVirtualAddress == 0)
            return;
        MethodBodyBlock body = image.GetMethodBody(method.RelativeVirtualAddress);
        if (!body.LocalSignature.IsNil)
        {
            types = new SignatureTypes(_names);
            if (_reader.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(types, null).Contains(true))
                _unsafePlaces.Add(new UnsafePlace(from, name, "has a pointer among its locals"));
            UseAll(from, types);
        }

        foreach (EntityHandle token in IlTokens.Of(body.GetILReader()))
            Use(from, token);
    }

    private void Use(TypeName from, EntityHandle handle)
    {
        var types = new SignatureTypes(_names);
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition when !handle.IsNil:
                Add(from, _names.Of((TypeDefinitionHandle)handle));
                break;
            case HandleKind.TypeReference when !handle.IsNil:
                Add(from, _names.Of((TypeReferenceHandle)handle));
                break;
            case HandleKind.TypeSpecification:
                _reader.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(types, null);
                break;
            case HandleKind.FieldDefinition:
                Add(from, _names.Of(_reader.GetFieldDefinition((FieldDefinitionHandle)handle).GetDeclaringType()));
                break;
            case HandleKind.MethodDefinition:
                Add(from, _names.Of(_reader.GetMethodDefinition((MethodDefinitionHandle)handle).GetDeclaringType()));
                break;
            case HandleKind.MethodSpecification:
                MethodSpecification generic = _reader.GetMethodSpecification((MethodSpecificationHandle)handle);
                generic.DecodeSignature(types, null);
                Use(from, generic.Method);
                break;
            case HandleKind.MemberReference:
                UseMember(from, _reader.GetMemberReference((MemberReferenceHandle)handle), types);
                break;
        }

        UseAll(from, types);
    }

    private void UseMember(TypeName from, MemberReference member, SignatureTypes types)
    {
        Use(from, member.Parent);
        if (member.GetKind() == MemberReferenceKind.Field)
            member.DecodeFieldSignature(types, null);
        else
            member.DecodeMethodSignature(types, null);
        string name = _reader.GetString(member.Name);
        if (member.Parent.Kind == HandleKind.TypeReference)
        {
            _members.Add(new MemberUse(from, _names.Of((TypeReferenceHandle)member.Parent), name));
        }
        else if (member.Parent.Kind == HandleKind.TypeSpecification)
        {
            var parent = new SignatureTypes(_names);
            _reader.GetTypeSpecification((TypeSpecificationHandle)member.Parent).DecodeSignature(parent, null);
            if (parent.Types.Count > 0)
                _members.Add(new MemberUse(from, parent.Types[0], name));
        }
    }

    private void UseConstraints(TypeName from, GenericParameterHandleCollection parameters)
    {
        foreach (GenericParameterHandle parameter in parameters)
        {
            foreach (GenericParameterConstraintHandle constraint in _reader.GetGenericParameter(parameter).GetConstraints())
                Use(from, _reader.GetGenericParameterConstraint(constraint).Type);
        }
    }

    private void UseAttributes(TypeName from, CustomAttributeHandleCollection attributes)
    {
        foreach (CustomAttributeHandle attribute in attributes)
            Add(from, AttributeType(attribute));
    }

    private TypeName AttributeType(CustomAttributeHandle handle)
    {
        EntityHandle constructor = _reader.GetCustomAttribute(handle).Constructor;
        if (constructor.Kind == HandleKind.MethodDefinition)
            return _names.Of(_reader.GetMethodDefinition((MethodDefinitionHandle)constructor).GetDeclaringType());
        EntityHandle parent = _reader.GetMemberReference((MemberReferenceHandle)constructor).Parent;
        if (parent.Kind == HandleKind.TypeReference)
            return _names.Of((TypeReferenceHandle)parent);
        var types = new SignatureTypes(_names);
        _reader.GetTypeSpecification((TypeSpecificationHandle)parent).DecodeSignature(types, null);
        return types.Types[0];
    }

    private bool HasAttribute(CustomAttributeHandleCollection attributes, string name) =>
        attributes.Any(attribute => AttributeType(attribute).Name == name);

    private void UseAll(TypeName from, SignatureTypes types)
    {
        foreach (TypeName to in types.Types)
            Add(from, to);
    }

    private void Add(TypeName from, TypeName to)
    {
        if (from != to)
            _uses.Add(new TypeUse(from, to));
    }
}
