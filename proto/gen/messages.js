/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

// Common aliases
const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

// Exported root namespace
const $root = $protobuf.roots["default"] || ($protobuf.roots["default"] = {});

export const realtime = $root.realtime = (() => {

    /**
     * Namespace realtime.
     * @exports realtime
     * @namespace
     */
    const realtime = {};

    realtime.ArbOpportunity = (function() {

        /**
         * Properties of an ArbOpportunity.
         * @typedef {Object} realtime.ArbOpportunity.$Properties
         * @property {string|null} [version] ArbOpportunity version
         * @property {Long|null} [slot] ArbOpportunity slot
         * @property {string|null} [txSignature] ArbOpportunity txSignature
         * @property {number|null} [netSol] ArbOpportunity netSol
         * @property {string|null} [classification] ArbOpportunity classification
         * @property {number|null} [pLandEst] ArbOpportunity pLandEst
         * @property {Array.<number>|null} [tipLadder] ArbOpportunity tipLadder
         * @property {string|null} [bundleId] ArbOpportunity bundleId
         * @property {Uint8Array|null} [raw] ArbOpportunity raw
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an ArbOpportunity.
         * @memberof realtime
         * @interface IArbOpportunity
         * @augments realtime.ArbOpportunity.$Properties
         * @deprecated Use realtime.ArbOpportunity.$Properties instead.
         */

        /**
         * Shape of an ArbOpportunity.
         * @typedef {realtime.ArbOpportunity.$Properties} realtime.ArbOpportunity.$Shape
         */

        /**
         * Constructs a new ArbOpportunity.
         * @memberof realtime
         * @classdesc Represents an ArbOpportunity.
         * @constructor
         * @param {realtime.ArbOpportunity.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const ArbOpportunity = function (properties) {
            this.tipLadder = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * ArbOpportunity version.
         * @member {string} version
         * @memberof realtime.ArbOpportunity
         * @instance
         */
        ArbOpportunity.prototype.version = "";

        /**
         * ArbOpportunity slot.
         * @member {Long} slot
         * @memberof realtime.ArbOpportunity
         * @instance
         */
        ArbOpportunity.prototype.slot = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * ArbOpportunity txSignature.
         * @member {string} txSignature
         * @memberof realtime.ArbOpportunity
         * @instance
         */
        ArbOpportunity.prototype.txSignature = "";

        /**
         * ArbOpportunity netSol.
         * @member {number} netSol
         * @memberof realtime.ArbOpportunity
         * @instance
         */
        ArbOpportunity.prototype.netSol = 0;

        /**
         * ArbOpportunity classification.
         * @member {string} classification
         * @memberof realtime.ArbOpportunity
         * @instance
         */
        ArbOpportunity.prototype.classification = "";

        /**
         * ArbOpportunity pLandEst.
         * @member {number} pLandEst
         * @memberof realtime.ArbOpportunity
         * @instance
         */
        ArbOpportunity.prototype.pLandEst = 0;

        /**
         * ArbOpportunity tipLadder.
         * @member {Array.<number>} tipLadder
         * @memberof realtime.ArbOpportunity
         * @instance
         */
        ArbOpportunity.prototype.tipLadder = $util.emptyArray;

        /**
         * ArbOpportunity bundleId.
         * @member {string} bundleId
         * @memberof realtime.ArbOpportunity
         * @instance
         */
        ArbOpportunity.prototype.bundleId = "";

        /**
         * ArbOpportunity raw.
         * @member {Uint8Array} raw
         * @memberof realtime.ArbOpportunity
         * @instance
         */
        ArbOpportunity.prototype.raw = $util.newBuffer([]);

        /**
         * Encodes the specified ArbOpportunity message. Does not implicitly {@link realtime.ArbOpportunity.verify|verify} messages.
         * @function encode
         * @memberof realtime.ArbOpportunity
         * @static
         * @param {realtime.ArbOpportunity.$Properties} message ArbOpportunity message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        ArbOpportunity.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.version != null && $Object.hasOwnProperty.call(message, "version") && message.version !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.version);
            if (message.slot != null && $Object.hasOwnProperty.call(message, "slot") && (typeof message.slot === "object" ? message.slot.low || message.slot.high : message.slot !== 0))
                writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.slot);
            if (message.txSignature != null && $Object.hasOwnProperty.call(message, "txSignature") && message.txSignature !== "")
                writer.uint32(/* id 3, wireType 2 =*/26).string(message.txSignature);
            if (message.netSol != null && $Object.hasOwnProperty.call(message, "netSol") && !$Object.is(message.netSol, 0))
                writer.uint32(/* id 4, wireType 1 =*/33).double(message.netSol);
            if (message.classification != null && $Object.hasOwnProperty.call(message, "classification") && message.classification !== "")
                writer.uint32(/* id 5, wireType 2 =*/42).string(message.classification);
            if (message.pLandEst != null && $Object.hasOwnProperty.call(message, "pLandEst") && !$Object.is(message.pLandEst, 0))
                writer.uint32(/* id 6, wireType 1 =*/49).double(message.pLandEst);
            if (message.tipLadder != null && message.tipLadder.length)
                writer.uint32(/* id 7, wireType 2 =*/58).doubles(message.tipLadder);
            if (message.bundleId != null && $Object.hasOwnProperty.call(message, "bundleId") && message.bundleId !== "")
                writer.uint32(/* id 8, wireType 2 =*/66).string(message.bundleId);
            if (message.raw != null && $Object.hasOwnProperty.call(message, "raw") && message.raw.length)
                writer.uint32(/* id 15, wireType 2 =*/122).bytes(message.raw);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an ArbOpportunity message from the specified reader or buffer.
         * @function decode
         * @memberof realtime.ArbOpportunity
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {realtime.ArbOpportunity & realtime.ArbOpportunity.$Shape} ArbOpportunity
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        ArbOpportunity.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.realtime.ArbOpportunity();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.version = value;
                        else
                            delete message.version;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.slot = value;
                        else
                            delete message.slot;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.txSignature = value;
                        else
                            delete message.txSignature;
                        continue;
                    }
                case 4: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.netSol = value;
                        else
                            delete message.netSol;
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.classification = value;
                        else
                            delete message.classification;
                        continue;
                    }
                case 6: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.pLandEst = value;
                        else
                            delete message.pLandEst;
                        continue;
                    }
                case 7: {
                        if (wireType === 2) {
                            if (!(message.tipLadder && message.tipLadder.length))
                                message.tipLadder = [];
                            reader.doubles(message.tipLadder);
                            continue;
                        }
                        if (wireType !== 1)
                            break;
                        if (!(message.tipLadder && message.tipLadder.length))
                            message.tipLadder = [];
                        message.tipLadder.push(reader.double());
                        continue;
                    }
                case 8: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.bundleId = value;
                        else
                            delete message.bundleId;
                        continue;
                    }
                case 15: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.raw = value;
                        else
                            delete message.raw;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return ArbOpportunity;
    })();

    realtime.MevOpportunity = (function() {

        /**
         * Properties of a MevOpportunity.
         * @typedef {Object} realtime.MevOpportunity.$Properties
         * @property {string|null} [version] MevOpportunity version
         * @property {Long|null} [slot] MevOpportunity slot
         * @property {string|null} [attacker] MevOpportunity attacker
         * @property {number|null} [netSol] MevOpportunity netSol
         * @property {string|null} [type] MevOpportunity type
         * @property {number|null} [pLandEst] MevOpportunity pLandEst
         * @property {Array.<number>|null} [tipLadder] MevOpportunity tipLadder
         * @property {string|null} [bundleId] MevOpportunity bundleId
         * @property {Uint8Array|null} [raw] MevOpportunity raw
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a MevOpportunity.
         * @memberof realtime
         * @interface IMevOpportunity
         * @augments realtime.MevOpportunity.$Properties
         * @deprecated Use realtime.MevOpportunity.$Properties instead.
         */

        /**
         * Shape of a MevOpportunity.
         * @typedef {realtime.MevOpportunity.$Properties} realtime.MevOpportunity.$Shape
         */

        /**
         * Constructs a new MevOpportunity.
         * @memberof realtime
         * @classdesc Represents a MevOpportunity.
         * @constructor
         * @param {realtime.MevOpportunity.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const MevOpportunity = function (properties) {
            this.tipLadder = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * MevOpportunity version.
         * @member {string} version
         * @memberof realtime.MevOpportunity
         * @instance
         */
        MevOpportunity.prototype.version = "";

        /**
         * MevOpportunity slot.
         * @member {Long} slot
         * @memberof realtime.MevOpportunity
         * @instance
         */
        MevOpportunity.prototype.slot = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * MevOpportunity attacker.
         * @member {string} attacker
         * @memberof realtime.MevOpportunity
         * @instance
         */
        MevOpportunity.prototype.attacker = "";

        /**
         * MevOpportunity netSol.
         * @member {number} netSol
         * @memberof realtime.MevOpportunity
         * @instance
         */
        MevOpportunity.prototype.netSol = 0;

        /**
         * MevOpportunity type.
         * @member {string} type
         * @memberof realtime.MevOpportunity
         * @instance
         */
        MevOpportunity.prototype.type = "";

        /**
         * MevOpportunity pLandEst.
         * @member {number} pLandEst
         * @memberof realtime.MevOpportunity
         * @instance
         */
        MevOpportunity.prototype.pLandEst = 0;

        /**
         * MevOpportunity tipLadder.
         * @member {Array.<number>} tipLadder
         * @memberof realtime.MevOpportunity
         * @instance
         */
        MevOpportunity.prototype.tipLadder = $util.emptyArray;

        /**
         * MevOpportunity bundleId.
         * @member {string} bundleId
         * @memberof realtime.MevOpportunity
         * @instance
         */
        MevOpportunity.prototype.bundleId = "";

        /**
         * MevOpportunity raw.
         * @member {Uint8Array} raw
         * @memberof realtime.MevOpportunity
         * @instance
         */
        MevOpportunity.prototype.raw = $util.newBuffer([]);

        /**
         * Encodes the specified MevOpportunity message. Does not implicitly {@link realtime.MevOpportunity.verify|verify} messages.
         * @function encode
         * @memberof realtime.MevOpportunity
         * @static
         * @param {realtime.MevOpportunity.$Properties} message MevOpportunity message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        MevOpportunity.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.version != null && $Object.hasOwnProperty.call(message, "version") && message.version !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.version);
            if (message.slot != null && $Object.hasOwnProperty.call(message, "slot") && (typeof message.slot === "object" ? message.slot.low || message.slot.high : message.slot !== 0))
                writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.slot);
            if (message.attacker != null && $Object.hasOwnProperty.call(message, "attacker") && message.attacker !== "")
                writer.uint32(/* id 3, wireType 2 =*/26).string(message.attacker);
            if (message.netSol != null && $Object.hasOwnProperty.call(message, "netSol") && !$Object.is(message.netSol, 0))
                writer.uint32(/* id 4, wireType 1 =*/33).double(message.netSol);
            if (message.type != null && $Object.hasOwnProperty.call(message, "type") && message.type !== "")
                writer.uint32(/* id 5, wireType 2 =*/42).string(message.type);
            if (message.pLandEst != null && $Object.hasOwnProperty.call(message, "pLandEst") && !$Object.is(message.pLandEst, 0))
                writer.uint32(/* id 6, wireType 1 =*/49).double(message.pLandEst);
            if (message.tipLadder != null && message.tipLadder.length)
                writer.uint32(/* id 7, wireType 2 =*/58).doubles(message.tipLadder);
            if (message.bundleId != null && $Object.hasOwnProperty.call(message, "bundleId") && message.bundleId !== "")
                writer.uint32(/* id 8, wireType 2 =*/66).string(message.bundleId);
            if (message.raw != null && $Object.hasOwnProperty.call(message, "raw") && message.raw.length)
                writer.uint32(/* id 15, wireType 2 =*/122).bytes(message.raw);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a MevOpportunity message from the specified reader or buffer.
         * @function decode
         * @memberof realtime.MevOpportunity
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {realtime.MevOpportunity & realtime.MevOpportunity.$Shape} MevOpportunity
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        MevOpportunity.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.realtime.MevOpportunity();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.version = value;
                        else
                            delete message.version;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.slot = value;
                        else
                            delete message.slot;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.attacker = value;
                        else
                            delete message.attacker;
                        continue;
                    }
                case 4: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.netSol = value;
                        else
                            delete message.netSol;
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.type = value;
                        else
                            delete message.type;
                        continue;
                    }
                case 6: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.pLandEst = value;
                        else
                            delete message.pLandEst;
                        continue;
                    }
                case 7: {
                        if (wireType === 2) {
                            if (!(message.tipLadder && message.tipLadder.length))
                                message.tipLadder = [];
                            reader.doubles(message.tipLadder);
                            continue;
                        }
                        if (wireType !== 1)
                            break;
                        if (!(message.tipLadder && message.tipLadder.length))
                            message.tipLadder = [];
                        message.tipLadder.push(reader.double());
                        continue;
                    }
                case 8: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.bundleId = value;
                        else
                            delete message.bundleId;
                        continue;
                    }
                case 15: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.raw = value;
                        else
                            delete message.raw;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return MevOpportunity;
    })();

    realtime.BundleOutcome = (function() {

        /**
         * Properties of a BundleOutcome.
         * @typedef {Object} realtime.BundleOutcome.$Properties
         * @property {string|null} [bundleId] BundleOutcome bundleId
         * @property {boolean|null} [landed] BundleOutcome landed
         * @property {Long|null} [tipLamports] BundleOutcome tipLamports
         * @property {string|null} [path] BundleOutcome path
         * @property {string|null} [leader] BundleOutcome leader
         * @property {boolean|null} [simulated] BundleOutcome simulated
         * @property {string|null} [reason] BundleOutcome reason
         * @property {string|null} [module] BundleOutcome module
         * @property {Long|null} [slot] BundleOutcome slot
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a BundleOutcome.
         * @memberof realtime
         * @interface IBundleOutcome
         * @augments realtime.BundleOutcome.$Properties
         * @deprecated Use realtime.BundleOutcome.$Properties instead.
         */

        /**
         * Shape of a BundleOutcome.
         * @typedef {realtime.BundleOutcome.$Properties} realtime.BundleOutcome.$Shape
         */

        /**
         * Constructs a new BundleOutcome.
         * @memberof realtime
         * @classdesc Represents a BundleOutcome.
         * @constructor
         * @param {realtime.BundleOutcome.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const BundleOutcome = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * BundleOutcome bundleId.
         * @member {string} bundleId
         * @memberof realtime.BundleOutcome
         * @instance
         */
        BundleOutcome.prototype.bundleId = "";

        /**
         * BundleOutcome landed.
         * @member {boolean} landed
         * @memberof realtime.BundleOutcome
         * @instance
         */
        BundleOutcome.prototype.landed = false;

        /**
         * BundleOutcome tipLamports.
         * @member {Long} tipLamports
         * @memberof realtime.BundleOutcome
         * @instance
         */
        BundleOutcome.prototype.tipLamports = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * BundleOutcome path.
         * @member {string} path
         * @memberof realtime.BundleOutcome
         * @instance
         */
        BundleOutcome.prototype.path = "";

        /**
         * BundleOutcome leader.
         * @member {string} leader
         * @memberof realtime.BundleOutcome
         * @instance
         */
        BundleOutcome.prototype.leader = "";

        /**
         * BundleOutcome simulated.
         * @member {boolean} simulated
         * @memberof realtime.BundleOutcome
         * @instance
         */
        BundleOutcome.prototype.simulated = false;

        /**
         * BundleOutcome reason.
         * @member {string} reason
         * @memberof realtime.BundleOutcome
         * @instance
         */
        BundleOutcome.prototype.reason = "";

        /**
         * BundleOutcome module.
         * @member {string} module
         * @memberof realtime.BundleOutcome
         * @instance
         */
        BundleOutcome.prototype.module = "";

        /**
         * BundleOutcome slot.
         * @member {Long} slot
         * @memberof realtime.BundleOutcome
         * @instance
         */
        BundleOutcome.prototype.slot = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Encodes the specified BundleOutcome message. Does not implicitly {@link realtime.BundleOutcome.verify|verify} messages.
         * @function encode
         * @memberof realtime.BundleOutcome
         * @static
         * @param {realtime.BundleOutcome.$Properties} message BundleOutcome message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        BundleOutcome.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.bundleId != null && $Object.hasOwnProperty.call(message, "bundleId") && message.bundleId !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.bundleId);
            if (message.landed != null && $Object.hasOwnProperty.call(message, "landed") && message.landed !== false)
                writer.uint32(/* id 2, wireType 0 =*/16).bool(message.landed);
            if (message.tipLamports != null && $Object.hasOwnProperty.call(message, "tipLamports") && (typeof message.tipLamports === "object" ? message.tipLamports.low || message.tipLamports.high : message.tipLamports !== 0))
                writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.tipLamports);
            if (message.path != null && $Object.hasOwnProperty.call(message, "path") && message.path !== "")
                writer.uint32(/* id 4, wireType 2 =*/34).string(message.path);
            if (message.leader != null && $Object.hasOwnProperty.call(message, "leader") && message.leader !== "")
                writer.uint32(/* id 5, wireType 2 =*/42).string(message.leader);
            if (message.simulated != null && $Object.hasOwnProperty.call(message, "simulated") && message.simulated !== false)
                writer.uint32(/* id 6, wireType 0 =*/48).bool(message.simulated);
            if (message.reason != null && $Object.hasOwnProperty.call(message, "reason") && message.reason !== "")
                writer.uint32(/* id 7, wireType 2 =*/58).string(message.reason);
            if (message.module != null && $Object.hasOwnProperty.call(message, "module") && message.module !== "")
                writer.uint32(/* id 8, wireType 2 =*/66).string(message.module);
            if (message.slot != null && $Object.hasOwnProperty.call(message, "slot") && (typeof message.slot === "object" ? message.slot.low || message.slot.high : message.slot !== 0))
                writer.uint32(/* id 9, wireType 0 =*/72).uint64(message.slot);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a BundleOutcome message from the specified reader or buffer.
         * @function decode
         * @memberof realtime.BundleOutcome
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {realtime.BundleOutcome & realtime.BundleOutcome.$Shape} BundleOutcome
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        BundleOutcome.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.realtime.BundleOutcome();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.bundleId = value;
                        else
                            delete message.bundleId;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.landed = value;
                        else
                            delete message.landed;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.tipLamports = value;
                        else
                            delete message.tipLamports;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.path = value;
                        else
                            delete message.path;
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.leader = value;
                        else
                            delete message.leader;
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.simulated = value;
                        else
                            delete message.simulated;
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.reason = value;
                        else
                            delete message.reason;
                        continue;
                    }
                case 8: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.module = value;
                        else
                            delete message.module;
                        continue;
                    }
                case 9: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.slot = value;
                        else
                            delete message.slot;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return BundleOutcome;
    })();

    realtime.MetricsUpdate = (function() {

        /**
         * Properties of a MetricsUpdate.
         * @typedef {Object} realtime.MetricsUpdate.$Properties
         * @property {number|null} [hotpathP50] MetricsUpdate hotpathP50
         * @property {number|null} [hotpathP99] MetricsUpdate hotpathP99
         * @property {number|null} [sendP99] MetricsUpdate sendP99
         * @property {number|null} [landedPct] MetricsUpdate landedPct
         * @property {number|null} [pnl_1h] MetricsUpdate pnl_1h
         * @property {string|null} [module] MetricsUpdate module
         * @property {string|null} [instance] MetricsUpdate instance
         * @property {boolean|null} [paper] MetricsUpdate paper
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a MetricsUpdate.
         * @memberof realtime
         * @interface IMetricsUpdate
         * @augments realtime.MetricsUpdate.$Properties
         * @deprecated Use realtime.MetricsUpdate.$Properties instead.
         */

        /**
         * Shape of a MetricsUpdate.
         * @typedef {realtime.MetricsUpdate.$Properties} realtime.MetricsUpdate.$Shape
         */

        /**
         * Constructs a new MetricsUpdate.
         * @memberof realtime
         * @classdesc Represents a MetricsUpdate.
         * @constructor
         * @param {realtime.MetricsUpdate.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const MetricsUpdate = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * MetricsUpdate hotpathP50.
         * @member {number} hotpathP50
         * @memberof realtime.MetricsUpdate
         * @instance
         */
        MetricsUpdate.prototype.hotpathP50 = 0;

        /**
         * MetricsUpdate hotpathP99.
         * @member {number} hotpathP99
         * @memberof realtime.MetricsUpdate
         * @instance
         */
        MetricsUpdate.prototype.hotpathP99 = 0;

        /**
         * MetricsUpdate sendP99.
         * @member {number} sendP99
         * @memberof realtime.MetricsUpdate
         * @instance
         */
        MetricsUpdate.prototype.sendP99 = 0;

        /**
         * MetricsUpdate landedPct.
         * @member {number} landedPct
         * @memberof realtime.MetricsUpdate
         * @instance
         */
        MetricsUpdate.prototype.landedPct = 0;

        /**
         * MetricsUpdate pnl_1h.
         * @member {number} pnl_1h
         * @memberof realtime.MetricsUpdate
         * @instance
         */
        MetricsUpdate.prototype.pnl_1h = 0;

        /**
         * MetricsUpdate module.
         * @member {string} module
         * @memberof realtime.MetricsUpdate
         * @instance
         */
        MetricsUpdate.prototype.module = "";

        /**
         * MetricsUpdate instance.
         * @member {string} instance
         * @memberof realtime.MetricsUpdate
         * @instance
         */
        MetricsUpdate.prototype.instance = "";

        /**
         * MetricsUpdate paper.
         * @member {boolean} paper
         * @memberof realtime.MetricsUpdate
         * @instance
         */
        MetricsUpdate.prototype.paper = false;

        /**
         * Encodes the specified MetricsUpdate message. Does not implicitly {@link realtime.MetricsUpdate.verify|verify} messages.
         * @function encode
         * @memberof realtime.MetricsUpdate
         * @static
         * @param {realtime.MetricsUpdate.$Properties} message MetricsUpdate message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        MetricsUpdate.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.hotpathP50 != null && $Object.hasOwnProperty.call(message, "hotpathP50") && !$Object.is(message.hotpathP50, 0))
                writer.uint32(/* id 1, wireType 1 =*/9).double(message.hotpathP50);
            if (message.hotpathP99 != null && $Object.hasOwnProperty.call(message, "hotpathP99") && !$Object.is(message.hotpathP99, 0))
                writer.uint32(/* id 2, wireType 1 =*/17).double(message.hotpathP99);
            if (message.sendP99 != null && $Object.hasOwnProperty.call(message, "sendP99") && !$Object.is(message.sendP99, 0))
                writer.uint32(/* id 3, wireType 1 =*/25).double(message.sendP99);
            if (message.landedPct != null && $Object.hasOwnProperty.call(message, "landedPct") && !$Object.is(message.landedPct, 0))
                writer.uint32(/* id 4, wireType 1 =*/33).double(message.landedPct);
            if (message.pnl_1h != null && $Object.hasOwnProperty.call(message, "pnl_1h") && !$Object.is(message.pnl_1h, 0))
                writer.uint32(/* id 5, wireType 1 =*/41).double(message.pnl_1h);
            if (message.module != null && $Object.hasOwnProperty.call(message, "module") && message.module !== "")
                writer.uint32(/* id 6, wireType 2 =*/50).string(message.module);
            if (message.instance != null && $Object.hasOwnProperty.call(message, "instance") && message.instance !== "")
                writer.uint32(/* id 7, wireType 2 =*/58).string(message.instance);
            if (message.paper != null && $Object.hasOwnProperty.call(message, "paper") && message.paper !== false)
                writer.uint32(/* id 8, wireType 0 =*/64).bool(message.paper);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a MetricsUpdate message from the specified reader or buffer.
         * @function decode
         * @memberof realtime.MetricsUpdate
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {realtime.MetricsUpdate & realtime.MetricsUpdate.$Shape} MetricsUpdate
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        MetricsUpdate.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.realtime.MetricsUpdate();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.hotpathP50 = value;
                        else
                            delete message.hotpathP50;
                        continue;
                    }
                case 2: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.hotpathP99 = value;
                        else
                            delete message.hotpathP99;
                        continue;
                    }
                case 3: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.sendP99 = value;
                        else
                            delete message.sendP99;
                        continue;
                    }
                case 4: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.landedPct = value;
                        else
                            delete message.landedPct;
                        continue;
                    }
                case 5: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.pnl_1h = value;
                        else
                            delete message.pnl_1h;
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.module = value;
                        else
                            delete message.module;
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.instance = value;
                        else
                            delete message.instance;
                        continue;
                    }
                case 8: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.paper = value;
                        else
                            delete message.paper;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return MetricsUpdate;
    })();

    realtime.TrainingStatus = (function() {

        /**
         * Properties of a TrainingStatus.
         * @typedef {Object} realtime.TrainingStatus.$Properties
         * @property {string|null} [jobId] TrainingStatus jobId
         * @property {string|null} [state] TrainingStatus state
         * @property {number|null} [progress] TrainingStatus progress
         * @property {string|null} [message] TrainingStatus message
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a TrainingStatus.
         * @memberof realtime
         * @interface ITrainingStatus
         * @augments realtime.TrainingStatus.$Properties
         * @deprecated Use realtime.TrainingStatus.$Properties instead.
         */

        /**
         * Shape of a TrainingStatus.
         * @typedef {realtime.TrainingStatus.$Properties} realtime.TrainingStatus.$Shape
         */

        /**
         * Constructs a new TrainingStatus.
         * @memberof realtime
         * @classdesc Represents a TrainingStatus.
         * @constructor
         * @param {realtime.TrainingStatus.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const TrainingStatus = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * TrainingStatus jobId.
         * @member {string} jobId
         * @memberof realtime.TrainingStatus
         * @instance
         */
        TrainingStatus.prototype.jobId = "";

        /**
         * TrainingStatus state.
         * @member {string} state
         * @memberof realtime.TrainingStatus
         * @instance
         */
        TrainingStatus.prototype.state = "";

        /**
         * TrainingStatus progress.
         * @member {number} progress
         * @memberof realtime.TrainingStatus
         * @instance
         */
        TrainingStatus.prototype.progress = 0;

        /**
         * TrainingStatus message.
         * @member {string} message
         * @memberof realtime.TrainingStatus
         * @instance
         */
        TrainingStatus.prototype.message = "";

        /**
         * Encodes the specified TrainingStatus message. Does not implicitly {@link realtime.TrainingStatus.verify|verify} messages.
         * @function encode
         * @memberof realtime.TrainingStatus
         * @static
         * @param {realtime.TrainingStatus.$Properties} message TrainingStatus message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        TrainingStatus.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.jobId != null && $Object.hasOwnProperty.call(message, "jobId") && message.jobId !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.jobId);
            if (message.state != null && $Object.hasOwnProperty.call(message, "state") && message.state !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.state);
            if (message.progress != null && $Object.hasOwnProperty.call(message, "progress") && !$Object.is(message.progress, 0))
                writer.uint32(/* id 3, wireType 1 =*/25).double(message.progress);
            if (message.message != null && $Object.hasOwnProperty.call(message, "message") && message.message !== "")
                writer.uint32(/* id 4, wireType 2 =*/34).string(message.message);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a TrainingStatus message from the specified reader or buffer.
         * @function decode
         * @memberof realtime.TrainingStatus
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {realtime.TrainingStatus & realtime.TrainingStatus.$Shape} TrainingStatus
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        TrainingStatus.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.realtime.TrainingStatus();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.jobId = value;
                        else
                            delete message.jobId;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.state = value;
                        else
                            delete message.state;
                        continue;
                    }
                case 3: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.progress = value;
                        else
                            delete message.progress;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.message = value;
                        else
                            delete message.message;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return TrainingStatus;
    })();

    realtime.DatasetStatus = (function() {

        /**
         * Properties of a DatasetStatus.
         * @typedef {Object} realtime.DatasetStatus.$Properties
         * @property {string|null} [jobId] DatasetStatus jobId
         * @property {string|null} [state] DatasetStatus state
         * @property {number|null} [progress] DatasetStatus progress
         * @property {string|null} [message] DatasetStatus message
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a DatasetStatus.
         * @memberof realtime
         * @interface IDatasetStatus
         * @augments realtime.DatasetStatus.$Properties
         * @deprecated Use realtime.DatasetStatus.$Properties instead.
         */

        /**
         * Shape of a DatasetStatus.
         * @typedef {realtime.DatasetStatus.$Properties} realtime.DatasetStatus.$Shape
         */

        /**
         * Constructs a new DatasetStatus.
         * @memberof realtime
         * @classdesc Represents a DatasetStatus.
         * @constructor
         * @param {realtime.DatasetStatus.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const DatasetStatus = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * DatasetStatus jobId.
         * @member {string} jobId
         * @memberof realtime.DatasetStatus
         * @instance
         */
        DatasetStatus.prototype.jobId = "";

        /**
         * DatasetStatus state.
         * @member {string} state
         * @memberof realtime.DatasetStatus
         * @instance
         */
        DatasetStatus.prototype.state = "";

        /**
         * DatasetStatus progress.
         * @member {number} progress
         * @memberof realtime.DatasetStatus
         * @instance
         */
        DatasetStatus.prototype.progress = 0;

        /**
         * DatasetStatus message.
         * @member {string} message
         * @memberof realtime.DatasetStatus
         * @instance
         */
        DatasetStatus.prototype.message = "";

        /**
         * Encodes the specified DatasetStatus message. Does not implicitly {@link realtime.DatasetStatus.verify|verify} messages.
         * @function encode
         * @memberof realtime.DatasetStatus
         * @static
         * @param {realtime.DatasetStatus.$Properties} message DatasetStatus message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        DatasetStatus.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.jobId != null && $Object.hasOwnProperty.call(message, "jobId") && message.jobId !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.jobId);
            if (message.state != null && $Object.hasOwnProperty.call(message, "state") && message.state !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.state);
            if (message.progress != null && $Object.hasOwnProperty.call(message, "progress") && !$Object.is(message.progress, 0))
                writer.uint32(/* id 3, wireType 1 =*/25).double(message.progress);
            if (message.message != null && $Object.hasOwnProperty.call(message, "message") && message.message !== "")
                writer.uint32(/* id 4, wireType 2 =*/34).string(message.message);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a DatasetStatus message from the specified reader or buffer.
         * @function decode
         * @memberof realtime.DatasetStatus
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {realtime.DatasetStatus & realtime.DatasetStatus.$Shape} DatasetStatus
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        DatasetStatus.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.realtime.DatasetStatus();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.jobId = value;
                        else
                            delete message.jobId;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.state = value;
                        else
                            delete message.state;
                        continue;
                    }
                case 3: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.progress = value;
                        else
                            delete message.progress;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.message = value;
                        else
                            delete message.message;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return DatasetStatus;
    })();

    /**
     * Kind enum.
     * @name realtime.Kind
     * @enum {number}
     * @property {number} UNKNOWN=0 UNKNOWN value
     * @property {number} SANDWICH=1 SANDWICH value
     * @property {number} WIDE_SANDWICH=2 WIDE_SANDWICH value
     * @property {number} ARBITRAGE=3 ARBITRAGE value
     * @property {number} OPEN_SANDWICH=4 OPEN_SANDWICH value
     * @property {number} OPEN_ARBITRAGE=5 OPEN_ARBITRAGE value
     */
    realtime.Kind = (function() {
        const valuesById = $Object.create(null), values = $Object.create(valuesById);
        values[valuesById[0] = "UNKNOWN"] = 0;
        values[valuesById[1] = "SANDWICH"] = 1;
        values[valuesById[2] = "WIDE_SANDWICH"] = 2;
        values[valuesById[3] = "ARBITRAGE"] = 3;
        values[valuesById[4] = "OPEN_SANDWICH"] = 4;
        values[valuesById[5] = "OPEN_ARBITRAGE"] = 5;
        return values;
    })();

    /**
     * Module enum.
     * @name realtime.Module
     * @enum {number}
     * @property {number} MODULE_NONE=0 MODULE_NONE value
     * @property {number} MODULE_ARBITRAGE=1 MODULE_ARBITRAGE value
     * @property {number} MODULE_MEV=2 MODULE_MEV value
     */
    realtime.Module = (function() {
        const valuesById = $Object.create(null), values = $Object.create(valuesById);
        values[valuesById[0] = "MODULE_NONE"] = 0;
        values[valuesById[1] = "MODULE_ARBITRAGE"] = 1;
        values[valuesById[2] = "MODULE_MEV"] = 2;
        return values;
    })();

    realtime.Envelope = (function() {

        /**
         * Properties of an Envelope.
         * @typedef {Object} realtime.Envelope.$Properties
         * @property {string|null} [schemaVersion] Envelope schemaVersion
         * @property {realtime.Envelope.Type|null} [type] Envelope type
         * @property {Uint8Array|null} [decisionId] Envelope decisionId
         * @property {string|null} [producerId] Envelope producerId
         * @property {Long|null} [seq] Envelope seq
         * @property {Long|null} [eventNs] Envelope eventNs
         * @property {realtime.Kind|null} [kind] Envelope kind
         * @property {realtime.Envelope.Tier|null} [tier] Envelope tier
         * @property {realtime.Module|null} [module] Envelope module
         * @property {realtime.ArbOpportunity.$Properties|null} [arb] Envelope arb
         * @property {realtime.MevOpportunity.$Properties|null} [mev] Envelope mev
         * @property {realtime.BundleOutcome.$Properties|null} [outcome] Envelope outcome
         * @property {realtime.MetricsUpdate.$Properties|null} [metrics] Envelope metrics
         * @property {realtime.TrainingStatus.$Properties|null} [training] Envelope training
         * @property {realtime.DatasetStatus.$Properties|null} [dataset] Envelope dataset
         * @property {"arb"|"mev"|"outcome"|"metrics"|"training"|"dataset"} [payload] Envelope payload
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Envelope.
         * @memberof realtime
         * @interface IEnvelope
         * @augments realtime.Envelope.$Properties
         * @deprecated Use realtime.Envelope.$Properties instead.
         */

        /**
         * Narrowed shape of an Envelope.
         * @typedef {{
         *   schemaVersion?: string|null;
         *   type?: realtime.Envelope.Type|null;
         *   decisionId?: Uint8Array|null;
         *   producerId?: string|null;
         *   seq?: Long|null;
         *   eventNs?: Long|null;
         *   kind?: realtime.Kind|null;
         *   tier?: realtime.Envelope.Tier|null;
         *   module?: realtime.Module|null;
         *   arb?: realtime.ArbOpportunity.$Shape|null;
         *   mev?: realtime.MevOpportunity.$Shape|null;
         *   outcome?: realtime.BundleOutcome.$Shape|null;
         *   metrics?: realtime.MetricsUpdate.$Shape|null;
         *   training?: realtime.TrainingStatus.$Shape|null;
         *   dataset?: realtime.DatasetStatus.$Shape|null;
         *   $unknowns?: Array.<Uint8Array>;
         * } & (
         *   ({ payload?: undefined; arb?: null; mev?: null; outcome?: null; metrics?: null; training?: null; dataset?: null }|{ payload?: "arb"; arb: realtime.ArbOpportunity.$Shape; mev?: null; outcome?: null; metrics?: null; training?: null; dataset?: null }|{ payload?: "mev"; arb?: null; mev: realtime.MevOpportunity.$Shape; outcome?: null; metrics?: null; training?: null; dataset?: null }|{ payload?: "outcome"; arb?: null; mev?: null; outcome: realtime.BundleOutcome.$Shape; metrics?: null; training?: null; dataset?: null }|{ payload?: "metrics"; arb?: null; mev?: null; outcome?: null; metrics: realtime.MetricsUpdate.$Shape; training?: null; dataset?: null }|{ payload?: "training"; arb?: null; mev?: null; outcome?: null; metrics?: null; training: realtime.TrainingStatus.$Shape; dataset?: null }|{ payload?: "dataset"; arb?: null; mev?: null; outcome?: null; metrics?: null; training?: null; dataset: realtime.DatasetStatus.$Shape })
         * )} realtime.Envelope.$Shape
         */

        /**
         * Constructs a new Envelope.
         * @memberof realtime
         * @classdesc Represents an Envelope.
         * @constructor
         * @param {realtime.Envelope.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Envelope = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Envelope schemaVersion.
         * @member {string} schemaVersion
         * @memberof realtime.Envelope
         * @instance
         */
        Envelope.prototype.schemaVersion = "";

        /**
         * Envelope type.
         * @member {realtime.Envelope.Type} type
         * @memberof realtime.Envelope
         * @instance
         */
        Envelope.prototype.type = 0;

        /**
         * Envelope decisionId.
         * @member {Uint8Array} decisionId
         * @memberof realtime.Envelope
         * @instance
         */
        Envelope.prototype.decisionId = $util.newBuffer([]);

        /**
         * Envelope producerId.
         * @member {string} producerId
         * @memberof realtime.Envelope
         * @instance
         */
        Envelope.prototype.producerId = "";

        /**
         * Envelope seq.
         * @member {Long} seq
         * @memberof realtime.Envelope
         * @instance
         */
        Envelope.prototype.seq = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Envelope eventNs.
         * @member {Long} eventNs
         * @memberof realtime.Envelope
         * @instance
         */
        Envelope.prototype.eventNs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Envelope kind.
         * @member {realtime.Kind} kind
         * @memberof realtime.Envelope
         * @instance
         */
        Envelope.prototype.kind = 0;

        /**
         * Envelope tier.
         * @member {realtime.Envelope.Tier} tier
         * @memberof realtime.Envelope
         * @instance
         */
        Envelope.prototype.tier = 0;

        /**
         * Envelope module.
         * @member {realtime.Module} module
         * @memberof realtime.Envelope
         * @instance
         */
        Envelope.prototype.module = 0;

        /**
         * Envelope arb.
         * @member {realtime.ArbOpportunity.$Properties|null|undefined} arb
         * @memberof realtime.Envelope
         * @instance
         */
        Envelope.prototype.arb = null;

        /**
         * Envelope mev.
         * @member {realtime.MevOpportunity.$Properties|null|undefined} mev
         * @memberof realtime.Envelope
         * @instance
         */
        Envelope.prototype.mev = null;

        /**
         * Envelope outcome.
         * @member {realtime.BundleOutcome.$Properties|null|undefined} outcome
         * @memberof realtime.Envelope
         * @instance
         */
        Envelope.prototype.outcome = null;

        /**
         * Envelope metrics.
         * @member {realtime.MetricsUpdate.$Properties|null|undefined} metrics
         * @memberof realtime.Envelope
         * @instance
         */
        Envelope.prototype.metrics = null;

        /**
         * Envelope training.
         * @member {realtime.TrainingStatus.$Properties|null|undefined} training
         * @memberof realtime.Envelope
         * @instance
         */
        Envelope.prototype.training = null;

        /**
         * Envelope dataset.
         * @member {realtime.DatasetStatus.$Properties|null|undefined} dataset
         * @memberof realtime.Envelope
         * @instance
         */
        Envelope.prototype.dataset = null;

        // OneOf field names bound to virtual getters and setters
        let $oneOfFields;

        /**
         * Envelope payload.
         * @member {"arb"|"mev"|"outcome"|"metrics"|"training"|"dataset"|undefined} payload
         * @memberof realtime.Envelope
         * @instance
         */
        $Object.defineProperty(Envelope.prototype, "payload", {
            get: $util.oneOfGetter($oneOfFields = ["arb", "mev", "outcome", "metrics", "training", "dataset"]),
            set: $util.oneOfSetter($oneOfFields)
        });

        /**
         * Encodes the specified Envelope message. Does not implicitly {@link realtime.Envelope.verify|verify} messages.
         * @function encode
         * @memberof realtime.Envelope
         * @static
         * @param {realtime.Envelope.$Properties} message Envelope message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Envelope.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.schemaVersion != null && $Object.hasOwnProperty.call(message, "schemaVersion") && message.schemaVersion !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.schemaVersion);
            if (message.type != null && $Object.hasOwnProperty.call(message, "type") && message.type !== 0)
                writer.uint32(/* id 2, wireType 0 =*/16).int32(message.type);
            if (message.decisionId != null && $Object.hasOwnProperty.call(message, "decisionId") && message.decisionId.length)
                writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.decisionId);
            if (message.producerId != null && $Object.hasOwnProperty.call(message, "producerId") && message.producerId !== "")
                writer.uint32(/* id 4, wireType 2 =*/34).string(message.producerId);
            if (message.seq != null && $Object.hasOwnProperty.call(message, "seq") && (typeof message.seq === "object" ? message.seq.low || message.seq.high : message.seq !== 0))
                writer.uint32(/* id 5, wireType 0 =*/40).uint64(message.seq);
            if (message.eventNs != null && $Object.hasOwnProperty.call(message, "eventNs") && (typeof message.eventNs === "object" ? message.eventNs.low || message.eventNs.high : message.eventNs !== 0))
                writer.uint32(/* id 6, wireType 0 =*/48).uint64(message.eventNs);
            if (message.kind != null && $Object.hasOwnProperty.call(message, "kind") && message.kind !== 0)
                writer.uint32(/* id 7, wireType 0 =*/56).int32(message.kind);
            if (message.tier != null && $Object.hasOwnProperty.call(message, "tier") && message.tier !== 0)
                writer.uint32(/* id 8, wireType 0 =*/64).int32(message.tier);
            if (message.module != null && $Object.hasOwnProperty.call(message, "module") && message.module !== 0)
                writer.uint32(/* id 9, wireType 0 =*/72).int32(message.module);
            if (message.arb != null && $Object.hasOwnProperty.call(message, "arb"))
                $root.realtime.ArbOpportunity.encode(message.arb, writer.uint32(/* id 10, wireType 2 =*/82).fork(), _depth + 1).ldelim();
            if (message.mev != null && $Object.hasOwnProperty.call(message, "mev"))
                $root.realtime.MevOpportunity.encode(message.mev, writer.uint32(/* id 11, wireType 2 =*/90).fork(), _depth + 1).ldelim();
            if (message.outcome != null && $Object.hasOwnProperty.call(message, "outcome"))
                $root.realtime.BundleOutcome.encode(message.outcome, writer.uint32(/* id 12, wireType 2 =*/98).fork(), _depth + 1).ldelim();
            if (message.metrics != null && $Object.hasOwnProperty.call(message, "metrics"))
                $root.realtime.MetricsUpdate.encode(message.metrics, writer.uint32(/* id 13, wireType 2 =*/106).fork(), _depth + 1).ldelim();
            if (message.training != null && $Object.hasOwnProperty.call(message, "training"))
                $root.realtime.TrainingStatus.encode(message.training, writer.uint32(/* id 14, wireType 2 =*/114).fork(), _depth + 1).ldelim();
            if (message.dataset != null && $Object.hasOwnProperty.call(message, "dataset"))
                $root.realtime.DatasetStatus.encode(message.dataset, writer.uint32(/* id 15, wireType 2 =*/122).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Envelope message from the specified reader or buffer.
         * @function decode
         * @memberof realtime.Envelope
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {realtime.Envelope & realtime.Envelope.$Shape} Envelope
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Envelope.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.realtime.Envelope();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.schemaVersion = value;
                        else
                            delete message.schemaVersion;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.type = value;
                        else
                            delete message.type;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.decisionId = value;
                        else
                            delete message.decisionId;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.producerId = value;
                        else
                            delete message.producerId;
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.seq = value;
                        else
                            delete message.seq;
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.eventNs = value;
                        else
                            delete message.eventNs;
                        continue;
                    }
                case 7: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.kind = value;
                        else
                            delete message.kind;
                        continue;
                    }
                case 8: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.tier = value;
                        else
                            delete message.tier;
                        continue;
                    }
                case 9: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.module = value;
                        else
                            delete message.module;
                        continue;
                    }
                case 10: {
                        if (wireType !== 2)
                            break;
                        message.arb = $root.realtime.ArbOpportunity.decode(reader, reader.size(), $undefined, _depth + 1, message.arb);
                        message.payload = "arb";
                        continue;
                    }
                case 11: {
                        if (wireType !== 2)
                            break;
                        message.mev = $root.realtime.MevOpportunity.decode(reader, reader.size(), $undefined, _depth + 1, message.mev);
                        message.payload = "mev";
                        continue;
                    }
                case 12: {
                        if (wireType !== 2)
                            break;
                        message.outcome = $root.realtime.BundleOutcome.decode(reader, reader.size(), $undefined, _depth + 1, message.outcome);
                        message.payload = "outcome";
                        continue;
                    }
                case 13: {
                        if (wireType !== 2)
                            break;
                        message.metrics = $root.realtime.MetricsUpdate.decode(reader, reader.size(), $undefined, _depth + 1, message.metrics);
                        message.payload = "metrics";
                        continue;
                    }
                case 14: {
                        if (wireType !== 2)
                            break;
                        message.training = $root.realtime.TrainingStatus.decode(reader, reader.size(), $undefined, _depth + 1, message.training);
                        message.payload = "training";
                        continue;
                    }
                case 15: {
                        if (wireType !== 2)
                            break;
                        message.dataset = $root.realtime.DatasetStatus.decode(reader, reader.size(), $undefined, _depth + 1, message.dataset);
                        message.payload = "dataset";
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Type enum.
         * @name realtime.Envelope.Type
         * @enum {number}
         * @property {number} UNKNOWN=0 UNKNOWN value
         * @property {number} ARB=1 ARB value
         * @property {number} MEV=2 MEV value
         * @property {number} OUTCOME=3 OUTCOME value
         * @property {number} METRICS=4 METRICS value
         * @property {number} TRAINING=5 TRAINING value
         * @property {number} DATASET=6 DATASET value
         */
        Envelope.Type = (function() {
            const valuesById = $Object.create(null), values = $Object.create(valuesById);
            values[valuesById[0] = "UNKNOWN"] = 0;
            values[valuesById[1] = "ARB"] = 1;
            values[valuesById[2] = "MEV"] = 2;
            values[valuesById[3] = "OUTCOME"] = 3;
            values[valuesById[4] = "METRICS"] = 4;
            values[valuesById[5] = "TRAINING"] = 5;
            values[valuesById[6] = "DATASET"] = 6;
            return values;
        })();

        /**
         * Tier enum.
         * @name realtime.Envelope.Tier
         * @enum {number}
         * @property {number} NONE=0 NONE value
         * @property {number} A=1 A value
         * @property {number} B=2 B value
         * @property {number} C=3 C value
         */
        Envelope.Tier = (function() {
            const valuesById = $Object.create(null), values = $Object.create(valuesById);
            values[valuesById[0] = "NONE"] = 0;
            values[valuesById[1] = "A"] = 1;
            values[valuesById[2] = "B"] = 2;
            values[valuesById[3] = "C"] = 3;
            return values;
        })();

        return Envelope;
    })();

    realtime.Batch = (function() {

        /**
         * Properties of a Batch.
         * @typedef {Object} realtime.Batch.$Properties
         * @property {Array.<realtime.Envelope.$Properties>|null} [items] Batch items
         * @property {Long|null} [epoch] Batch epoch
         * @property {Long|null} [from] Batch from
         * @property {Long|null} [to] Batch to
         * @property {Long|null} [dropped] Batch dropped
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Batch.
         * @memberof realtime
         * @interface IBatch
         * @augments realtime.Batch.$Properties
         * @deprecated Use realtime.Batch.$Properties instead.
         */

        /**
         * Shape of a Batch.
         * @typedef {{
         *   items?: Array.<realtime.Envelope.$Shape>|null;
         *   epoch?: Long|null;
         *   from?: Long|null;
         *   to?: Long|null;
         *   dropped?: Long|null;
         *   $unknowns?: Array.<Uint8Array>;
         * }} realtime.Batch.$Shape
         */

        /**
         * Constructs a new Batch.
         * @memberof realtime
         * @classdesc Represents a Batch.
         * @constructor
         * @param {realtime.Batch.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Batch = function (properties) {
            this.items = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Batch items.
         * @member {Array.<realtime.Envelope.$Properties>} items
         * @memberof realtime.Batch
         * @instance
         */
        Batch.prototype.items = $util.emptyArray;

        /**
         * Batch epoch.
         * @member {Long} epoch
         * @memberof realtime.Batch
         * @instance
         */
        Batch.prototype.epoch = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Batch from.
         * @member {Long} from
         * @memberof realtime.Batch
         * @instance
         */
        Batch.prototype.from = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Batch to.
         * @member {Long} to
         * @memberof realtime.Batch
         * @instance
         */
        Batch.prototype.to = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Batch dropped.
         * @member {Long} dropped
         * @memberof realtime.Batch
         * @instance
         */
        Batch.prototype.dropped = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Encodes the specified Batch message. Does not implicitly {@link realtime.Batch.verify|verify} messages.
         * @function encode
         * @memberof realtime.Batch
         * @static
         * @param {realtime.Batch.$Properties} message Batch message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Batch.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.items != null && message.items.length)
                for (let i = 0; i < message.items.length; ++i)
                    $root.realtime.Envelope.encode(message.items[i], writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
            if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch") && (typeof message.epoch === "object" ? message.epoch.low || message.epoch.high : message.epoch !== 0))
                writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.epoch);
            if (message.from != null && $Object.hasOwnProperty.call(message, "from") && (typeof message.from === "object" ? message.from.low || message.from.high : message.from !== 0))
                writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.from);
            if (message.to != null && $Object.hasOwnProperty.call(message, "to") && (typeof message.to === "object" ? message.to.low || message.to.high : message.to !== 0))
                writer.uint32(/* id 4, wireType 0 =*/32).uint64(message.to);
            if (message.dropped != null && $Object.hasOwnProperty.call(message, "dropped") && (typeof message.dropped === "object" ? message.dropped.low || message.dropped.high : message.dropped !== 0))
                writer.uint32(/* id 5, wireType 0 =*/40).uint64(message.dropped);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Batch message from the specified reader or buffer.
         * @function decode
         * @memberof realtime.Batch
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {realtime.Batch & realtime.Batch.$Shape} Batch
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Batch.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.realtime.Batch();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if (!(message.items && message.items.length))
                            message.items = [];
                        message.items.push($root.realtime.Envelope.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.epoch = value;
                        else
                            delete message.epoch;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.from = value;
                        else
                            delete message.from;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.to = value;
                        else
                            delete message.to;
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.dropped = value;
                        else
                            delete message.dropped;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Batch;
    })();

    return realtime;
})();

export const control = $root.control = (() => {

    /**
     * Namespace control.
     * @exports control
     * @namespace
     */
    const control = {};

    /**
     * Module enum.
     * @name control.Module
     * @enum {number}
     * @property {number} ARBITRAGE=0 ARBITRAGE value
     * @property {number} MEV=1 MEV value
     */
    control.Module = (function() {
        const valuesById = $Object.create(null), values = $Object.create(valuesById);
        values[valuesById[0] = "ARBITRAGE"] = 0;
        values[valuesById[1] = "MEV"] = 1;
        return values;
    })();

    /**
     * Action enum.
     * @name control.Action
     * @enum {number}
     * @property {number} START=0 START value
     * @property {number} STOP=1 STOP value
     * @property {number} RESTART=2 RESTART value
     * @property {number} THROTTLE=3 THROTTLE value
     * @property {number} POLICY=4 POLICY value
     * @property {number} KILL=5 KILL value
     */
    control.Action = (function() {
        const valuesById = $Object.create(null), values = $Object.create(valuesById);
        values[valuesById[0] = "START"] = 0;
        values[valuesById[1] = "STOP"] = 1;
        values[valuesById[2] = "RESTART"] = 2;
        values[valuesById[3] = "THROTTLE"] = 3;
        values[valuesById[4] = "POLICY"] = 4;
        values[valuesById[5] = "KILL"] = 5;
        return values;
    })();

    control.Command = (function() {

        /**
         * Properties of a Command.
         * @typedef {Object} control.Command.$Properties
         * @property {Long|null} [ts] Command ts
         * @property {control.Module|null} [module] Command module
         * @property {control.Action|null} [action] Command action
         * @property {Object.<string,string>|null} [args] Command args
         * @property {string|null} [requestId] Command requestId
         * @property {string|null} [issuer] Command issuer
         * @property {string|null} [schemaVersion] Command schemaVersion
         * @property {string|null} [role] Command role
         * @property {string|null} [sender] Command sender
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Command.
         * @memberof control
         * @interface ICommand
         * @augments control.Command.$Properties
         * @deprecated Use control.Command.$Properties instead.
         */

        /**
         * Shape of a Command.
         * @typedef {control.Command.$Properties} control.Command.$Shape
         */

        /**
         * Constructs a new Command.
         * @memberof control
         * @classdesc Represents a Command.
         * @constructor
         * @param {control.Command.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Command = function (properties) {
            this.args = {};
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Command ts.
         * @member {Long} ts
         * @memberof control.Command
         * @instance
         */
        Command.prototype.ts = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Command module.
         * @member {control.Module} module
         * @memberof control.Command
         * @instance
         */
        Command.prototype.module = 0;

        /**
         * Command action.
         * @member {control.Action} action
         * @memberof control.Command
         * @instance
         */
        Command.prototype.action = 0;

        /**
         * Command args.
         * @member {Object.<string,string>} args
         * @memberof control.Command
         * @instance
         */
        Command.prototype.args = $util.emptyObject;

        /**
         * Command requestId.
         * @member {string} requestId
         * @memberof control.Command
         * @instance
         */
        Command.prototype.requestId = "";

        /**
         * Command issuer.
         * @member {string} issuer
         * @memberof control.Command
         * @instance
         */
        Command.prototype.issuer = "";

        /**
         * Command schemaVersion.
         * @member {string} schemaVersion
         * @memberof control.Command
         * @instance
         */
        Command.prototype.schemaVersion = "";

        /**
         * Command role.
         * @member {string} role
         * @memberof control.Command
         * @instance
         */
        Command.prototype.role = "";

        /**
         * Command sender.
         * @member {string} sender
         * @memberof control.Command
         * @instance
         */
        Command.prototype.sender = "";

        /**
         * Encodes the specified Command message. Does not implicitly {@link control.Command.verify|verify} messages.
         * @function encode
         * @memberof control.Command
         * @static
         * @param {control.Command.$Properties} message Command message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Command.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.ts != null && $Object.hasOwnProperty.call(message, "ts") && (typeof message.ts === "object" ? message.ts.low || message.ts.high : message.ts !== 0))
                writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.ts);
            if (message.module != null && $Object.hasOwnProperty.call(message, "module") && message.module !== 0)
                writer.uint32(/* id 2, wireType 0 =*/16).int32(message.module);
            if (message.action != null && $Object.hasOwnProperty.call(message, "action") && message.action !== 0)
                writer.uint32(/* id 3, wireType 0 =*/24).int32(message.action);
            if (message.args != null && $Object.hasOwnProperty.call(message, "args"))
                for (let keys = $Object.keys(message.args), i = 0; i < keys.length; ++i)
                    writer.uint32(/* id 4, wireType 2 =*/34).fork().uint32(/* id 1, wireType 2 =*/10).string(keys[i]).uint32(/* id 2, wireType 2 =*/18).string(message.args[keys[i]]).ldelim();
            if (message.requestId != null && $Object.hasOwnProperty.call(message, "requestId") && message.requestId !== "")
                writer.uint32(/* id 5, wireType 2 =*/42).string(message.requestId);
            if (message.issuer != null && $Object.hasOwnProperty.call(message, "issuer") && message.issuer !== "")
                writer.uint32(/* id 6, wireType 2 =*/50).string(message.issuer);
            if (message.schemaVersion != null && $Object.hasOwnProperty.call(message, "schemaVersion") && message.schemaVersion !== "")
                writer.uint32(/* id 7, wireType 2 =*/58).string(message.schemaVersion);
            if (message.role != null && $Object.hasOwnProperty.call(message, "role") && message.role !== "")
                writer.uint32(/* id 8, wireType 2 =*/66).string(message.role);
            if (message.sender != null && $Object.hasOwnProperty.call(message, "sender") && message.sender !== "")
                writer.uint32(/* id 9, wireType 2 =*/74).string(message.sender);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Command message from the specified reader or buffer.
         * @function decode
         * @memberof control.Command
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {control.Command & control.Command.$Shape} Command
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Command.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, key, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.control.Command();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.ts = value;
                        else
                            delete message.ts;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.module = value;
                        else
                            delete message.module;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.action = value;
                        else
                            delete message.action;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if (message.args === $util.emptyObject)
                            message.args = {};
                        let end2 = reader.size() + reader.pos;
                        if (end2 > reader.len)
                            throw $RangeError("index out of range");
                        reader.len = end2;
                        key = "";
                        value = "";
                        while (reader.pos < end2) {
                            let tag2 = reader.tag();
                            wireType = tag2 & 7;
                            switch (tag2 >>>= 3) {
                            case 1:
                                if (wireType !== 2)
                                    break;
                                key = reader.stringVerify();
                                continue;
                            case 2:
                                if (wireType !== 2)
                                    break;
                                value = reader.stringVerify();
                                continue;
                            }
                            reader.skipType(wireType, _depth, tag2);
                        }
                        if (reader.pos !== end2)
                            throw $RangeError("index out of range");
                        reader.len = end;
                        if (key === "__proto__")
                            $util.makeProp(message.args, key);
                        message.args[key] = value;
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.requestId = value;
                        else
                            delete message.requestId;
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.issuer = value;
                        else
                            delete message.issuer;
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.schemaVersion = value;
                        else
                            delete message.schemaVersion;
                        continue;
                    }
                case 8: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.role = value;
                        else
                            delete message.role;
                        continue;
                    }
                case 9: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.sender = value;
                        else
                            delete message.sender;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Command;
    })();

    return control;
})();

export const jobs = $root.jobs = (() => {

    /**
     * Namespace jobs.
     * @exports jobs
     * @namespace
     */
    const jobs = {};

    /**
     * JobKind enum.
     * @name jobs.JobKind
     * @enum {number}
     * @property {number} JOB_UNKNOWN=0 JOB_UNKNOWN value
     * @property {number} SCRAPE=1 SCRAPE value
     * @property {number} TRAIN=2 TRAIN value
     */
    jobs.JobKind = (function() {
        const valuesById = $Object.create(null), values = $Object.create(valuesById);
        values[valuesById[0] = "JOB_UNKNOWN"] = 0;
        values[valuesById[1] = "SCRAPE"] = 1;
        values[valuesById[2] = "TRAIN"] = 2;
        return values;
    })();

    /**
     * JobState enum.
     * @name jobs.JobState
     * @enum {number}
     * @property {number} QUEUED=0 QUEUED value
     * @property {number} RUNNING=1 RUNNING value
     * @property {number} DONE=2 DONE value
     * @property {number} ERROR=3 ERROR value
     * @property {number} CANCELLED=4 CANCELLED value
     */
    jobs.JobState = (function() {
        const valuesById = $Object.create(null), values = $Object.create(valuesById);
        values[valuesById[0] = "QUEUED"] = 0;
        values[valuesById[1] = "RUNNING"] = 1;
        values[valuesById[2] = "DONE"] = 2;
        values[valuesById[3] = "ERROR"] = 3;
        values[valuesById[4] = "CANCELLED"] = 4;
        return values;
    })();

    jobs.JobDescriptor = (function() {

        /**
         * Properties of a JobDescriptor.
         * @typedef {Object} jobs.JobDescriptor.$Properties
         * @property {string|null} [schemaVersion] JobDescriptor schemaVersion
         * @property {string|null} [jobId] JobDescriptor jobId
         * @property {jobs.JobKind|null} [kind] JobDescriptor kind
         * @property {string|null} [argsJson] JobDescriptor argsJson
         * @property {Long|null} [createdMs] JobDescriptor createdMs
         * @property {string|null} [issuer] JobDescriptor issuer
         * @property {string|null} [uniqueKey] JobDescriptor uniqueKey
         * @property {number|null} [attemptsMax] JobDescriptor attemptsMax
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a JobDescriptor.
         * @memberof jobs
         * @interface IJobDescriptor
         * @augments jobs.JobDescriptor.$Properties
         * @deprecated Use jobs.JobDescriptor.$Properties instead.
         */

        /**
         * Shape of a JobDescriptor.
         * @typedef {jobs.JobDescriptor.$Properties} jobs.JobDescriptor.$Shape
         */

        /**
         * Constructs a new JobDescriptor.
         * @memberof jobs
         * @classdesc Represents a JobDescriptor.
         * @constructor
         * @param {jobs.JobDescriptor.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const JobDescriptor = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * JobDescriptor schemaVersion.
         * @member {string} schemaVersion
         * @memberof jobs.JobDescriptor
         * @instance
         */
        JobDescriptor.prototype.schemaVersion = "";

        /**
         * JobDescriptor jobId.
         * @member {string} jobId
         * @memberof jobs.JobDescriptor
         * @instance
         */
        JobDescriptor.prototype.jobId = "";

        /**
         * JobDescriptor kind.
         * @member {jobs.JobKind} kind
         * @memberof jobs.JobDescriptor
         * @instance
         */
        JobDescriptor.prototype.kind = 0;

        /**
         * JobDescriptor argsJson.
         * @member {string} argsJson
         * @memberof jobs.JobDescriptor
         * @instance
         */
        JobDescriptor.prototype.argsJson = "";

        /**
         * JobDescriptor createdMs.
         * @member {Long} createdMs
         * @memberof jobs.JobDescriptor
         * @instance
         */
        JobDescriptor.prototype.createdMs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * JobDescriptor issuer.
         * @member {string} issuer
         * @memberof jobs.JobDescriptor
         * @instance
         */
        JobDescriptor.prototype.issuer = "";

        /**
         * JobDescriptor uniqueKey.
         * @member {string} uniqueKey
         * @memberof jobs.JobDescriptor
         * @instance
         */
        JobDescriptor.prototype.uniqueKey = "";

        /**
         * JobDescriptor attemptsMax.
         * @member {number} attemptsMax
         * @memberof jobs.JobDescriptor
         * @instance
         */
        JobDescriptor.prototype.attemptsMax = 0;

        /**
         * Encodes the specified JobDescriptor message. Does not implicitly {@link jobs.JobDescriptor.verify|verify} messages.
         * @function encode
         * @memberof jobs.JobDescriptor
         * @static
         * @param {jobs.JobDescriptor.$Properties} message JobDescriptor message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        JobDescriptor.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.schemaVersion != null && $Object.hasOwnProperty.call(message, "schemaVersion") && message.schemaVersion !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.schemaVersion);
            if (message.jobId != null && $Object.hasOwnProperty.call(message, "jobId") && message.jobId !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.jobId);
            if (message.kind != null && $Object.hasOwnProperty.call(message, "kind") && message.kind !== 0)
                writer.uint32(/* id 3, wireType 0 =*/24).int32(message.kind);
            if (message.argsJson != null && $Object.hasOwnProperty.call(message, "argsJson") && message.argsJson !== "")
                writer.uint32(/* id 4, wireType 2 =*/34).string(message.argsJson);
            if (message.createdMs != null && $Object.hasOwnProperty.call(message, "createdMs") && (typeof message.createdMs === "object" ? message.createdMs.low || message.createdMs.high : message.createdMs !== 0))
                writer.uint32(/* id 5, wireType 0 =*/40).uint64(message.createdMs);
            if (message.issuer != null && $Object.hasOwnProperty.call(message, "issuer") && message.issuer !== "")
                writer.uint32(/* id 6, wireType 2 =*/50).string(message.issuer);
            if (message.uniqueKey != null && $Object.hasOwnProperty.call(message, "uniqueKey") && message.uniqueKey !== "")
                writer.uint32(/* id 7, wireType 2 =*/58).string(message.uniqueKey);
            if (message.attemptsMax != null && $Object.hasOwnProperty.call(message, "attemptsMax") && message.attemptsMax !== 0)
                writer.uint32(/* id 8, wireType 0 =*/64).uint32(message.attemptsMax);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a JobDescriptor message from the specified reader or buffer.
         * @function decode
         * @memberof jobs.JobDescriptor
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {jobs.JobDescriptor & jobs.JobDescriptor.$Shape} JobDescriptor
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        JobDescriptor.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.jobs.JobDescriptor();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.schemaVersion = value;
                        else
                            delete message.schemaVersion;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.jobId = value;
                        else
                            delete message.jobId;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.kind = value;
                        else
                            delete message.kind;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.argsJson = value;
                        else
                            delete message.argsJson;
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.createdMs = value;
                        else
                            delete message.createdMs;
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.issuer = value;
                        else
                            delete message.issuer;
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.uniqueKey = value;
                        else
                            delete message.uniqueKey;
                        continue;
                    }
                case 8: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.attemptsMax = value;
                        else
                            delete message.attemptsMax;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return JobDescriptor;
    })();

    jobs.JobStatus = (function() {

        /**
         * Properties of a JobStatus.
         * @typedef {Object} jobs.JobStatus.$Properties
         * @property {string|null} [jobId] JobStatus jobId
         * @property {jobs.JobState|null} [state] JobStatus state
         * @property {number|null} [progress] JobStatus progress
         * @property {string|null} [message] JobStatus message
         * @property {Long|null} [fencingToken] JobStatus fencingToken
         * @property {Long|null} [atMs] JobStatus atMs
         * @property {string|null} [worker] JobStatus worker
         * @property {string|null} [resultJson] JobStatus resultJson
         * @property {boolean|null} [final] JobStatus final
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a JobStatus.
         * @memberof jobs
         * @interface IJobStatus
         * @augments jobs.JobStatus.$Properties
         * @deprecated Use jobs.JobStatus.$Properties instead.
         */

        /**
         * Shape of a JobStatus.
         * @typedef {jobs.JobStatus.$Properties} jobs.JobStatus.$Shape
         */

        /**
         * Constructs a new JobStatus.
         * @memberof jobs
         * @classdesc Represents a JobStatus.
         * @constructor
         * @param {jobs.JobStatus.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const JobStatus = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * JobStatus jobId.
         * @member {string} jobId
         * @memberof jobs.JobStatus
         * @instance
         */
        JobStatus.prototype.jobId = "";

        /**
         * JobStatus state.
         * @member {jobs.JobState} state
         * @memberof jobs.JobStatus
         * @instance
         */
        JobStatus.prototype.state = 0;

        /**
         * JobStatus progress.
         * @member {number} progress
         * @memberof jobs.JobStatus
         * @instance
         */
        JobStatus.prototype.progress = 0;

        /**
         * JobStatus message.
         * @member {string} message
         * @memberof jobs.JobStatus
         * @instance
         */
        JobStatus.prototype.message = "";

        /**
         * JobStatus fencingToken.
         * @member {Long} fencingToken
         * @memberof jobs.JobStatus
         * @instance
         */
        JobStatus.prototype.fencingToken = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * JobStatus atMs.
         * @member {Long} atMs
         * @memberof jobs.JobStatus
         * @instance
         */
        JobStatus.prototype.atMs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * JobStatus worker.
         * @member {string} worker
         * @memberof jobs.JobStatus
         * @instance
         */
        JobStatus.prototype.worker = "";

        /**
         * JobStatus resultJson.
         * @member {string} resultJson
         * @memberof jobs.JobStatus
         * @instance
         */
        JobStatus.prototype.resultJson = "";

        /**
         * JobStatus final.
         * @member {boolean} final
         * @memberof jobs.JobStatus
         * @instance
         */
        JobStatus.prototype.final = false;

        /**
         * Encodes the specified JobStatus message. Does not implicitly {@link jobs.JobStatus.verify|verify} messages.
         * @function encode
         * @memberof jobs.JobStatus
         * @static
         * @param {jobs.JobStatus.$Properties} message JobStatus message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        JobStatus.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.jobId != null && $Object.hasOwnProperty.call(message, "jobId") && message.jobId !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.jobId);
            if (message.state != null && $Object.hasOwnProperty.call(message, "state") && message.state !== 0)
                writer.uint32(/* id 2, wireType 0 =*/16).int32(message.state);
            if (message.progress != null && $Object.hasOwnProperty.call(message, "progress") && !$Object.is(message.progress, 0))
                writer.uint32(/* id 3, wireType 1 =*/25).double(message.progress);
            if (message.message != null && $Object.hasOwnProperty.call(message, "message") && message.message !== "")
                writer.uint32(/* id 4, wireType 2 =*/34).string(message.message);
            if (message.fencingToken != null && $Object.hasOwnProperty.call(message, "fencingToken") && (typeof message.fencingToken === "object" ? message.fencingToken.low || message.fencingToken.high : message.fencingToken !== 0))
                writer.uint32(/* id 5, wireType 0 =*/40).uint64(message.fencingToken);
            if (message.atMs != null && $Object.hasOwnProperty.call(message, "atMs") && (typeof message.atMs === "object" ? message.atMs.low || message.atMs.high : message.atMs !== 0))
                writer.uint32(/* id 6, wireType 0 =*/48).uint64(message.atMs);
            if (message.worker != null && $Object.hasOwnProperty.call(message, "worker") && message.worker !== "")
                writer.uint32(/* id 7, wireType 2 =*/58).string(message.worker);
            if (message.resultJson != null && $Object.hasOwnProperty.call(message, "resultJson") && message.resultJson !== "")
                writer.uint32(/* id 8, wireType 2 =*/66).string(message.resultJson);
            if (message.final != null && $Object.hasOwnProperty.call(message, "final") && message.final !== false)
                writer.uint32(/* id 9, wireType 0 =*/72).bool(message.final);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a JobStatus message from the specified reader or buffer.
         * @function decode
         * @memberof jobs.JobStatus
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {jobs.JobStatus & jobs.JobStatus.$Shape} JobStatus
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        JobStatus.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.jobs.JobStatus();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.jobId = value;
                        else
                            delete message.jobId;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.state = value;
                        else
                            delete message.state;
                        continue;
                    }
                case 3: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.progress = value;
                        else
                            delete message.progress;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.message = value;
                        else
                            delete message.message;
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.fencingToken = value;
                        else
                            delete message.fencingToken;
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.atMs = value;
                        else
                            delete message.atMs;
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.worker = value;
                        else
                            delete message.worker;
                        continue;
                    }
                case 8: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.resultJson = value;
                        else
                            delete message.resultJson;
                        continue;
                    }
                case 9: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.final = value;
                        else
                            delete message.final;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return JobStatus;
    })();

    jobs.Receipt = (function() {

        /**
         * Properties of a Receipt.
         * @typedef {Object} jobs.Receipt.$Properties
         * @property {string|null} [schemaVersion] Receipt schemaVersion
         * @property {string|null} [requestId] Receipt requestId
         * @property {string|null} [instance] Receipt instance
         * @property {string|null} [module] Receipt module
         * @property {boolean|null} [applied] Receipt applied
         * @property {string|null} [reason] Receipt reason
         * @property {Long|null} [sequence] Receipt sequence
         * @property {Uint8Array|null} [policyHash] Receipt policyHash
         * @property {Long|null} [appliedNs] Receipt appliedNs
         * @property {Long|null} [firstEventNs] Receipt firstEventNs
         * @property {Uint8Array|null} [signature] Receipt signature
         * @property {string|null} [certificate] Receipt certificate
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Receipt.
         * @memberof jobs
         * @interface IReceipt
         * @augments jobs.Receipt.$Properties
         * @deprecated Use jobs.Receipt.$Properties instead.
         */

        /**
         * Shape of a Receipt.
         * @typedef {jobs.Receipt.$Properties} jobs.Receipt.$Shape
         */

        /**
         * Constructs a new Receipt.
         * @memberof jobs
         * @classdesc Represents a Receipt.
         * @constructor
         * @param {jobs.Receipt.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Receipt = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Receipt schemaVersion.
         * @member {string} schemaVersion
         * @memberof jobs.Receipt
         * @instance
         */
        Receipt.prototype.schemaVersion = "";

        /**
         * Receipt requestId.
         * @member {string} requestId
         * @memberof jobs.Receipt
         * @instance
         */
        Receipt.prototype.requestId = "";

        /**
         * Receipt instance.
         * @member {string} instance
         * @memberof jobs.Receipt
         * @instance
         */
        Receipt.prototype.instance = "";

        /**
         * Receipt module.
         * @member {string} module
         * @memberof jobs.Receipt
         * @instance
         */
        Receipt.prototype.module = "";

        /**
         * Receipt applied.
         * @member {boolean} applied
         * @memberof jobs.Receipt
         * @instance
         */
        Receipt.prototype.applied = false;

        /**
         * Receipt reason.
         * @member {string} reason
         * @memberof jobs.Receipt
         * @instance
         */
        Receipt.prototype.reason = "";

        /**
         * Receipt sequence.
         * @member {Long} sequence
         * @memberof jobs.Receipt
         * @instance
         */
        Receipt.prototype.sequence = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Receipt policyHash.
         * @member {Uint8Array} policyHash
         * @memberof jobs.Receipt
         * @instance
         */
        Receipt.prototype.policyHash = $util.newBuffer([]);

        /**
         * Receipt appliedNs.
         * @member {Long} appliedNs
         * @memberof jobs.Receipt
         * @instance
         */
        Receipt.prototype.appliedNs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Receipt firstEventNs.
         * @member {Long} firstEventNs
         * @memberof jobs.Receipt
         * @instance
         */
        Receipt.prototype.firstEventNs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Receipt signature.
         * @member {Uint8Array} signature
         * @memberof jobs.Receipt
         * @instance
         */
        Receipt.prototype.signature = $util.newBuffer([]);

        /**
         * Receipt certificate.
         * @member {string} certificate
         * @memberof jobs.Receipt
         * @instance
         */
        Receipt.prototype.certificate = "";

        /**
         * Encodes the specified Receipt message. Does not implicitly {@link jobs.Receipt.verify|verify} messages.
         * @function encode
         * @memberof jobs.Receipt
         * @static
         * @param {jobs.Receipt.$Properties} message Receipt message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Receipt.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.schemaVersion != null && $Object.hasOwnProperty.call(message, "schemaVersion") && message.schemaVersion !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.schemaVersion);
            if (message.requestId != null && $Object.hasOwnProperty.call(message, "requestId") && message.requestId !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.requestId);
            if (message.instance != null && $Object.hasOwnProperty.call(message, "instance") && message.instance !== "")
                writer.uint32(/* id 3, wireType 2 =*/26).string(message.instance);
            if (message.module != null && $Object.hasOwnProperty.call(message, "module") && message.module !== "")
                writer.uint32(/* id 4, wireType 2 =*/34).string(message.module);
            if (message.applied != null && $Object.hasOwnProperty.call(message, "applied") && message.applied !== false)
                writer.uint32(/* id 5, wireType 0 =*/40).bool(message.applied);
            if (message.reason != null && $Object.hasOwnProperty.call(message, "reason") && message.reason !== "")
                writer.uint32(/* id 6, wireType 2 =*/50).string(message.reason);
            if (message.sequence != null && $Object.hasOwnProperty.call(message, "sequence") && (typeof message.sequence === "object" ? message.sequence.low || message.sequence.high : message.sequence !== 0))
                writer.uint32(/* id 7, wireType 0 =*/56).uint64(message.sequence);
            if (message.policyHash != null && $Object.hasOwnProperty.call(message, "policyHash") && message.policyHash.length)
                writer.uint32(/* id 8, wireType 2 =*/66).bytes(message.policyHash);
            if (message.appliedNs != null && $Object.hasOwnProperty.call(message, "appliedNs") && (typeof message.appliedNs === "object" ? message.appliedNs.low || message.appliedNs.high : message.appliedNs !== 0))
                writer.uint32(/* id 9, wireType 0 =*/72).uint64(message.appliedNs);
            if (message.firstEventNs != null && $Object.hasOwnProperty.call(message, "firstEventNs") && (typeof message.firstEventNs === "object" ? message.firstEventNs.low || message.firstEventNs.high : message.firstEventNs !== 0))
                writer.uint32(/* id 10, wireType 0 =*/80).uint64(message.firstEventNs);
            if (message.signature != null && $Object.hasOwnProperty.call(message, "signature") && message.signature.length)
                writer.uint32(/* id 11, wireType 2 =*/90).bytes(message.signature);
            if (message.certificate != null && $Object.hasOwnProperty.call(message, "certificate") && message.certificate !== "")
                writer.uint32(/* id 12, wireType 2 =*/98).string(message.certificate);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Receipt message from the specified reader or buffer.
         * @function decode
         * @memberof jobs.Receipt
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {jobs.Receipt & jobs.Receipt.$Shape} Receipt
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Receipt.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.jobs.Receipt();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.schemaVersion = value;
                        else
                            delete message.schemaVersion;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.requestId = value;
                        else
                            delete message.requestId;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.instance = value;
                        else
                            delete message.instance;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.module = value;
                        else
                            delete message.module;
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.applied = value;
                        else
                            delete message.applied;
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.reason = value;
                        else
                            delete message.reason;
                        continue;
                    }
                case 7: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.sequence = value;
                        else
                            delete message.sequence;
                        continue;
                    }
                case 8: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.policyHash = value;
                        else
                            delete message.policyHash;
                        continue;
                    }
                case 9: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.appliedNs = value;
                        else
                            delete message.appliedNs;
                        continue;
                    }
                case 10: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.firstEventNs = value;
                        else
                            delete message.firstEventNs;
                        continue;
                    }
                case 11: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.signature = value;
                        else
                            delete message.signature;
                        continue;
                    }
                case 12: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.certificate = value;
                        else
                            delete message.certificate;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Receipt;
    })();

    jobs.AgentReport = (function() {

        /**
         * Properties of an AgentReport.
         * @typedef {Object} jobs.AgentReport.$Properties
         * @property {string|null} [instance] AgentReport instance
         * @property {string|null} [module] AgentReport module
         * @property {Long|null} [atNs] AgentReport atNs
         * @property {Uint8Array|null} [statusJson] AgentReport statusJson
         * @property {Uint8Array|null} [signature] AgentReport signature
         * @property {string|null} [certificate] AgentReport certificate
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an AgentReport.
         * @memberof jobs
         * @interface IAgentReport
         * @augments jobs.AgentReport.$Properties
         * @deprecated Use jobs.AgentReport.$Properties instead.
         */

        /**
         * Shape of an AgentReport.
         * @typedef {jobs.AgentReport.$Properties} jobs.AgentReport.$Shape
         */

        /**
         * Constructs a new AgentReport.
         * @memberof jobs
         * @classdesc Represents an AgentReport.
         * @constructor
         * @param {jobs.AgentReport.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const AgentReport = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * AgentReport instance.
         * @member {string} instance
         * @memberof jobs.AgentReport
         * @instance
         */
        AgentReport.prototype.instance = "";

        /**
         * AgentReport module.
         * @member {string} module
         * @memberof jobs.AgentReport
         * @instance
         */
        AgentReport.prototype.module = "";

        /**
         * AgentReport atNs.
         * @member {Long} atNs
         * @memberof jobs.AgentReport
         * @instance
         */
        AgentReport.prototype.atNs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * AgentReport statusJson.
         * @member {Uint8Array} statusJson
         * @memberof jobs.AgentReport
         * @instance
         */
        AgentReport.prototype.statusJson = $util.newBuffer([]);

        /**
         * AgentReport signature.
         * @member {Uint8Array} signature
         * @memberof jobs.AgentReport
         * @instance
         */
        AgentReport.prototype.signature = $util.newBuffer([]);

        /**
         * AgentReport certificate.
         * @member {string} certificate
         * @memberof jobs.AgentReport
         * @instance
         */
        AgentReport.prototype.certificate = "";

        /**
         * Encodes the specified AgentReport message. Does not implicitly {@link jobs.AgentReport.verify|verify} messages.
         * @function encode
         * @memberof jobs.AgentReport
         * @static
         * @param {jobs.AgentReport.$Properties} message AgentReport message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        AgentReport.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.instance != null && $Object.hasOwnProperty.call(message, "instance") && message.instance !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.instance);
            if (message.module != null && $Object.hasOwnProperty.call(message, "module") && message.module !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.module);
            if (message.atNs != null && $Object.hasOwnProperty.call(message, "atNs") && (typeof message.atNs === "object" ? message.atNs.low || message.atNs.high : message.atNs !== 0))
                writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.atNs);
            if (message.statusJson != null && $Object.hasOwnProperty.call(message, "statusJson") && message.statusJson.length)
                writer.uint32(/* id 4, wireType 2 =*/34).bytes(message.statusJson);
            if (message.signature != null && $Object.hasOwnProperty.call(message, "signature") && message.signature.length)
                writer.uint32(/* id 5, wireType 2 =*/42).bytes(message.signature);
            if (message.certificate != null && $Object.hasOwnProperty.call(message, "certificate") && message.certificate !== "")
                writer.uint32(/* id 6, wireType 2 =*/50).string(message.certificate);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an AgentReport message from the specified reader or buffer.
         * @function decode
         * @memberof jobs.AgentReport
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {jobs.AgentReport & jobs.AgentReport.$Shape} AgentReport
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        AgentReport.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.jobs.AgentReport();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.instance = value;
                        else
                            delete message.instance;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.module = value;
                        else
                            delete message.module;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.atNs = value;
                        else
                            delete message.atNs;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.statusJson = value;
                        else
                            delete message.statusJson;
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.signature = value;
                        else
                            delete message.signature;
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.certificate = value;
                        else
                            delete message.certificate;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return AgentReport;
    })();

    jobs.AuditHead = (function() {

        /**
         * Properties of an AuditHead.
         * @typedef {Object} jobs.AuditHead.$Properties
         * @property {string|null} [node] AuditHead node
         * @property {Long|null} [seq] AuditHead seq
         * @property {Uint8Array|null} [hash] AuditHead hash
         * @property {Long|null} [atMs] AuditHead atMs
         * @property {Long|null} [first] AuditHead first
         * @property {Long|null} [count] AuditHead count
         * @property {Uint8Array|null} [previous] AuditHead previous
         * @property {Uint8Array|null} [key] AuditHead key
         * @property {Uint8Array|null} [signature] AuditHead signature
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an AuditHead.
         * @memberof jobs
         * @interface IAuditHead
         * @augments jobs.AuditHead.$Properties
         * @deprecated Use jobs.AuditHead.$Properties instead.
         */

        /**
         * Shape of an AuditHead.
         * @typedef {jobs.AuditHead.$Properties} jobs.AuditHead.$Shape
         */

        /**
         * Constructs a new AuditHead.
         * @memberof jobs
         * @classdesc Represents an AuditHead.
         * @constructor
         * @param {jobs.AuditHead.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const AuditHead = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * AuditHead node.
         * @member {string} node
         * @memberof jobs.AuditHead
         * @instance
         */
        AuditHead.prototype.node = "";

        /**
         * AuditHead seq.
         * @member {Long} seq
         * @memberof jobs.AuditHead
         * @instance
         */
        AuditHead.prototype.seq = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * AuditHead hash.
         * @member {Uint8Array} hash
         * @memberof jobs.AuditHead
         * @instance
         */
        AuditHead.prototype.hash = $util.newBuffer([]);

        /**
         * AuditHead atMs.
         * @member {Long} atMs
         * @memberof jobs.AuditHead
         * @instance
         */
        AuditHead.prototype.atMs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * AuditHead first.
         * @member {Long} first
         * @memberof jobs.AuditHead
         * @instance
         */
        AuditHead.prototype.first = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * AuditHead count.
         * @member {Long} count
         * @memberof jobs.AuditHead
         * @instance
         */
        AuditHead.prototype.count = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * AuditHead previous.
         * @member {Uint8Array} previous
         * @memberof jobs.AuditHead
         * @instance
         */
        AuditHead.prototype.previous = $util.newBuffer([]);

        /**
         * AuditHead key.
         * @member {Uint8Array} key
         * @memberof jobs.AuditHead
         * @instance
         */
        AuditHead.prototype.key = $util.newBuffer([]);

        /**
         * AuditHead signature.
         * @member {Uint8Array} signature
         * @memberof jobs.AuditHead
         * @instance
         */
        AuditHead.prototype.signature = $util.newBuffer([]);

        /**
         * Encodes the specified AuditHead message. Does not implicitly {@link jobs.AuditHead.verify|verify} messages.
         * @function encode
         * @memberof jobs.AuditHead
         * @static
         * @param {jobs.AuditHead.$Properties} message AuditHead message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        AuditHead.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.node != null && $Object.hasOwnProperty.call(message, "node") && message.node !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.node);
            if (message.seq != null && $Object.hasOwnProperty.call(message, "seq") && (typeof message.seq === "object" ? message.seq.low || message.seq.high : message.seq !== 0))
                writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.seq);
            if (message.hash != null && $Object.hasOwnProperty.call(message, "hash") && message.hash.length)
                writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.hash);
            if (message.atMs != null && $Object.hasOwnProperty.call(message, "atMs") && (typeof message.atMs === "object" ? message.atMs.low || message.atMs.high : message.atMs !== 0))
                writer.uint32(/* id 4, wireType 0 =*/32).uint64(message.atMs);
            if (message.first != null && $Object.hasOwnProperty.call(message, "first") && (typeof message.first === "object" ? message.first.low || message.first.high : message.first !== 0))
                writer.uint32(/* id 5, wireType 0 =*/40).uint64(message.first);
            if (message.count != null && $Object.hasOwnProperty.call(message, "count") && (typeof message.count === "object" ? message.count.low || message.count.high : message.count !== 0))
                writer.uint32(/* id 6, wireType 0 =*/48).uint64(message.count);
            if (message.previous != null && $Object.hasOwnProperty.call(message, "previous") && message.previous.length)
                writer.uint32(/* id 7, wireType 2 =*/58).bytes(message.previous);
            if (message.key != null && $Object.hasOwnProperty.call(message, "key") && message.key.length)
                writer.uint32(/* id 8, wireType 2 =*/66).bytes(message.key);
            if (message.signature != null && $Object.hasOwnProperty.call(message, "signature") && message.signature.length)
                writer.uint32(/* id 9, wireType 2 =*/74).bytes(message.signature);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an AuditHead message from the specified reader or buffer.
         * @function decode
         * @memberof jobs.AuditHead
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {jobs.AuditHead & jobs.AuditHead.$Shape} AuditHead
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        AuditHead.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.jobs.AuditHead();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.node = value;
                        else
                            delete message.node;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.seq = value;
                        else
                            delete message.seq;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.hash = value;
                        else
                            delete message.hash;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.atMs = value;
                        else
                            delete message.atMs;
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.first = value;
                        else
                            delete message.first;
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.count = value;
                        else
                            delete message.count;
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.previous = value;
                        else
                            delete message.previous;
                        continue;
                    }
                case 8: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.key = value;
                        else
                            delete message.key;
                        continue;
                    }
                case 9: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.signature = value;
                        else
                            delete message.signature;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return AuditHead;
    })();

    jobs.ModelEvent = (function() {

        /**
         * Properties of a ModelEvent.
         * @typedef {Object} jobs.ModelEvent.$Properties
         * @property {string|null} [module] ModelEvent module
         * @property {string|null} [version] ModelEvent version
         * @property {string|null} [state] ModelEvent state
         * @property {string|null} [reason] ModelEvent reason
         * @property {string|null} [instance] ModelEvent instance
         * @property {Long|null} [atNs] ModelEvent atNs
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a ModelEvent.
         * @memberof jobs
         * @interface IModelEvent
         * @augments jobs.ModelEvent.$Properties
         * @deprecated Use jobs.ModelEvent.$Properties instead.
         */

        /**
         * Shape of a ModelEvent.
         * @typedef {jobs.ModelEvent.$Properties} jobs.ModelEvent.$Shape
         */

        /**
         * Constructs a new ModelEvent.
         * @memberof jobs
         * @classdesc Represents a ModelEvent.
         * @constructor
         * @param {jobs.ModelEvent.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const ModelEvent = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * ModelEvent module.
         * @member {string} module
         * @memberof jobs.ModelEvent
         * @instance
         */
        ModelEvent.prototype.module = "";

        /**
         * ModelEvent version.
         * @member {string} version
         * @memberof jobs.ModelEvent
         * @instance
         */
        ModelEvent.prototype.version = "";

        /**
         * ModelEvent state.
         * @member {string} state
         * @memberof jobs.ModelEvent
         * @instance
         */
        ModelEvent.prototype.state = "";

        /**
         * ModelEvent reason.
         * @member {string} reason
         * @memberof jobs.ModelEvent
         * @instance
         */
        ModelEvent.prototype.reason = "";

        /**
         * ModelEvent instance.
         * @member {string} instance
         * @memberof jobs.ModelEvent
         * @instance
         */
        ModelEvent.prototype.instance = "";

        /**
         * ModelEvent atNs.
         * @member {Long} atNs
         * @memberof jobs.ModelEvent
         * @instance
         */
        ModelEvent.prototype.atNs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Encodes the specified ModelEvent message. Does not implicitly {@link jobs.ModelEvent.verify|verify} messages.
         * @function encode
         * @memberof jobs.ModelEvent
         * @static
         * @param {jobs.ModelEvent.$Properties} message ModelEvent message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        ModelEvent.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.module != null && $Object.hasOwnProperty.call(message, "module") && message.module !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.module);
            if (message.version != null && $Object.hasOwnProperty.call(message, "version") && message.version !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.version);
            if (message.state != null && $Object.hasOwnProperty.call(message, "state") && message.state !== "")
                writer.uint32(/* id 3, wireType 2 =*/26).string(message.state);
            if (message.reason != null && $Object.hasOwnProperty.call(message, "reason") && message.reason !== "")
                writer.uint32(/* id 4, wireType 2 =*/34).string(message.reason);
            if (message.instance != null && $Object.hasOwnProperty.call(message, "instance") && message.instance !== "")
                writer.uint32(/* id 5, wireType 2 =*/42).string(message.instance);
            if (message.atNs != null && $Object.hasOwnProperty.call(message, "atNs") && (typeof message.atNs === "object" ? message.atNs.low || message.atNs.high : message.atNs !== 0))
                writer.uint32(/* id 6, wireType 0 =*/48).uint64(message.atNs);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a ModelEvent message from the specified reader or buffer.
         * @function decode
         * @memberof jobs.ModelEvent
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {jobs.ModelEvent & jobs.ModelEvent.$Shape} ModelEvent
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        ModelEvent.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.jobs.ModelEvent();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.module = value;
                        else
                            delete message.module;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.version = value;
                        else
                            delete message.version;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.state = value;
                        else
                            delete message.state;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.reason = value;
                        else
                            delete message.reason;
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.instance = value;
                        else
                            delete message.instance;
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.atNs = value;
                        else
                            delete message.atNs;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return ModelEvent;
    })();

    jobs.ModelPart = (function() {

        /**
         * Properties of a ModelPart.
         * @typedef {Object} jobs.ModelPart.$Properties
         * @property {string|null} [module] ModelPart module
         * @property {string|null} [version] ModelPart version
         * @property {number|null} [part] ModelPart part
         * @property {number|null} [parts] ModelPart parts
         * @property {Uint8Array|null} [data] ModelPart data
         * @property {string|null} [manifest] ModelPart manifest
         * @property {string|null} [signature] ModelPart signature
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a ModelPart.
         * @memberof jobs
         * @interface IModelPart
         * @augments jobs.ModelPart.$Properties
         * @deprecated Use jobs.ModelPart.$Properties instead.
         */

        /**
         * Shape of a ModelPart.
         * @typedef {jobs.ModelPart.$Properties} jobs.ModelPart.$Shape
         */

        /**
         * Constructs a new ModelPart.
         * @memberof jobs
         * @classdesc Represents a ModelPart.
         * @constructor
         * @param {jobs.ModelPart.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const ModelPart = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * ModelPart module.
         * @member {string} module
         * @memberof jobs.ModelPart
         * @instance
         */
        ModelPart.prototype.module = "";

        /**
         * ModelPart version.
         * @member {string} version
         * @memberof jobs.ModelPart
         * @instance
         */
        ModelPart.prototype.version = "";

        /**
         * ModelPart part.
         * @member {number} part
         * @memberof jobs.ModelPart
         * @instance
         */
        ModelPart.prototype.part = 0;

        /**
         * ModelPart parts.
         * @member {number} parts
         * @memberof jobs.ModelPart
         * @instance
         */
        ModelPart.prototype.parts = 0;

        /**
         * ModelPart data.
         * @member {Uint8Array} data
         * @memberof jobs.ModelPart
         * @instance
         */
        ModelPart.prototype.data = $util.newBuffer([]);

        /**
         * ModelPart manifest.
         * @member {string} manifest
         * @memberof jobs.ModelPart
         * @instance
         */
        ModelPart.prototype.manifest = "";

        /**
         * ModelPart signature.
         * @member {string} signature
         * @memberof jobs.ModelPart
         * @instance
         */
        ModelPart.prototype.signature = "";

        /**
         * Encodes the specified ModelPart message. Does not implicitly {@link jobs.ModelPart.verify|verify} messages.
         * @function encode
         * @memberof jobs.ModelPart
         * @static
         * @param {jobs.ModelPart.$Properties} message ModelPart message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        ModelPart.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.module != null && $Object.hasOwnProperty.call(message, "module") && message.module !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.module);
            if (message.version != null && $Object.hasOwnProperty.call(message, "version") && message.version !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.version);
            if (message.part != null && $Object.hasOwnProperty.call(message, "part") && message.part !== 0)
                writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.part);
            if (message.parts != null && $Object.hasOwnProperty.call(message, "parts") && message.parts !== 0)
                writer.uint32(/* id 4, wireType 0 =*/32).uint32(message.parts);
            if (message.data != null && $Object.hasOwnProperty.call(message, "data") && message.data.length)
                writer.uint32(/* id 5, wireType 2 =*/42).bytes(message.data);
            if (message.manifest != null && $Object.hasOwnProperty.call(message, "manifest") && message.manifest !== "")
                writer.uint32(/* id 6, wireType 2 =*/50).string(message.manifest);
            if (message.signature != null && $Object.hasOwnProperty.call(message, "signature") && message.signature !== "")
                writer.uint32(/* id 7, wireType 2 =*/58).string(message.signature);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a ModelPart message from the specified reader or buffer.
         * @function decode
         * @memberof jobs.ModelPart
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {jobs.ModelPart & jobs.ModelPart.$Shape} ModelPart
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        ModelPart.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.jobs.ModelPart();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.module = value;
                        else
                            delete message.module;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.version = value;
                        else
                            delete message.version;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.part = value;
                        else
                            delete message.part;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.parts = value;
                        else
                            delete message.parts;
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.data = value;
                        else
                            delete message.data;
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.manifest = value;
                        else
                            delete message.manifest;
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.signature = value;
                        else
                            delete message.signature;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return ModelPart;
    })();

    jobs.ModelWish = (function() {

        /**
         * Properties of a ModelWish.
         * @typedef {Object} jobs.ModelWish.$Properties
         * @property {string|null} [module] ModelWish module
         * @property {string|null} [link] ModelWish link
         * @property {string|null} [version] ModelWish version
         * @property {string|null} [requestId] ModelWish requestId
         * @property {Long|null} [atMs] ModelWish atMs
         * @property {string|null} [signature] ModelWish signature
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a ModelWish.
         * @memberof jobs
         * @interface IModelWish
         * @augments jobs.ModelWish.$Properties
         * @deprecated Use jobs.ModelWish.$Properties instead.
         */

        /**
         * Shape of a ModelWish.
         * @typedef {jobs.ModelWish.$Properties} jobs.ModelWish.$Shape
         */

        /**
         * Constructs a new ModelWish.
         * @memberof jobs
         * @classdesc Represents a ModelWish.
         * @constructor
         * @param {jobs.ModelWish.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const ModelWish = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * ModelWish module.
         * @member {string} module
         * @memberof jobs.ModelWish
         * @instance
         */
        ModelWish.prototype.module = "";

        /**
         * ModelWish link.
         * @member {string} link
         * @memberof jobs.ModelWish
         * @instance
         */
        ModelWish.prototype.link = "";

        /**
         * ModelWish version.
         * @member {string} version
         * @memberof jobs.ModelWish
         * @instance
         */
        ModelWish.prototype.version = "";

        /**
         * ModelWish requestId.
         * @member {string} requestId
         * @memberof jobs.ModelWish
         * @instance
         */
        ModelWish.prototype.requestId = "";

        /**
         * ModelWish atMs.
         * @member {Long} atMs
         * @memberof jobs.ModelWish
         * @instance
         */
        ModelWish.prototype.atMs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * ModelWish signature.
         * @member {string} signature
         * @memberof jobs.ModelWish
         * @instance
         */
        ModelWish.prototype.signature = "";

        /**
         * Encodes the specified ModelWish message. Does not implicitly {@link jobs.ModelWish.verify|verify} messages.
         * @function encode
         * @memberof jobs.ModelWish
         * @static
         * @param {jobs.ModelWish.$Properties} message ModelWish message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        ModelWish.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.module != null && $Object.hasOwnProperty.call(message, "module") && message.module !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.module);
            if (message.link != null && $Object.hasOwnProperty.call(message, "link") && message.link !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.link);
            if (message.version != null && $Object.hasOwnProperty.call(message, "version") && message.version !== "")
                writer.uint32(/* id 3, wireType 2 =*/26).string(message.version);
            if (message.requestId != null && $Object.hasOwnProperty.call(message, "requestId") && message.requestId !== "")
                writer.uint32(/* id 4, wireType 2 =*/34).string(message.requestId);
            if (message.atMs != null && $Object.hasOwnProperty.call(message, "atMs") && (typeof message.atMs === "object" ? message.atMs.low || message.atMs.high : message.atMs !== 0))
                writer.uint32(/* id 5, wireType 0 =*/40).uint64(message.atMs);
            if (message.signature != null && $Object.hasOwnProperty.call(message, "signature") && message.signature !== "")
                writer.uint32(/* id 6, wireType 2 =*/50).string(message.signature);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a ModelWish message from the specified reader or buffer.
         * @function decode
         * @memberof jobs.ModelWish
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {jobs.ModelWish & jobs.ModelWish.$Shape} ModelWish
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        ModelWish.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.jobs.ModelWish();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.module = value;
                        else
                            delete message.module;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.link = value;
                        else
                            delete message.link;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.version = value;
                        else
                            delete message.version;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.requestId = value;
                        else
                            delete message.requestId;
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.atMs = value;
                        else
                            delete message.atMs;
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.signature = value;
                        else
                            delete message.signature;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return ModelWish;
    })();

    jobs.ModelNews = (function() {

        /**
         * Properties of a ModelNews.
         * @typedef {Object} jobs.ModelNews.$Properties
         * @property {jobs.ModelPart.$Properties|null} [part] ModelNews part
         * @property {jobs.ModelWish.$Properties|null} [wish] ModelNews wish
         * @property {"part"|"wish"} [news] ModelNews news
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a ModelNews.
         * @memberof jobs
         * @interface IModelNews
         * @augments jobs.ModelNews.$Properties
         * @deprecated Use jobs.ModelNews.$Properties instead.
         */

        /**
         * Narrowed shape of a ModelNews.
         * @typedef {{
         *   part?: jobs.ModelPart.$Shape|null;
         *   wish?: jobs.ModelWish.$Shape|null;
         *   $unknowns?: Array.<Uint8Array>;
         * } & (
         *   ({ news?: undefined; part?: null; wish?: null }|{ news?: "part"; part: jobs.ModelPart.$Shape; wish?: null }|{ news?: "wish"; part?: null; wish: jobs.ModelWish.$Shape })
         * )} jobs.ModelNews.$Shape
         */

        /**
         * Constructs a new ModelNews.
         * @memberof jobs
         * @classdesc Represents a ModelNews.
         * @constructor
         * @param {jobs.ModelNews.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const ModelNews = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * ModelNews part.
         * @member {jobs.ModelPart.$Properties|null|undefined} part
         * @memberof jobs.ModelNews
         * @instance
         */
        ModelNews.prototype.part = null;

        /**
         * ModelNews wish.
         * @member {jobs.ModelWish.$Properties|null|undefined} wish
         * @memberof jobs.ModelNews
         * @instance
         */
        ModelNews.prototype.wish = null;

        // OneOf field names bound to virtual getters and setters
        let $oneOfFields;

        /**
         * ModelNews news.
         * @member {"part"|"wish"|undefined} news
         * @memberof jobs.ModelNews
         * @instance
         */
        $Object.defineProperty(ModelNews.prototype, "news", {
            get: $util.oneOfGetter($oneOfFields = ["part", "wish"]),
            set: $util.oneOfSetter($oneOfFields)
        });

        /**
         * Encodes the specified ModelNews message. Does not implicitly {@link jobs.ModelNews.verify|verify} messages.
         * @function encode
         * @memberof jobs.ModelNews
         * @static
         * @param {jobs.ModelNews.$Properties} message ModelNews message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        ModelNews.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.part != null && $Object.hasOwnProperty.call(message, "part"))
                $root.jobs.ModelPart.encode(message.part, writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
            if (message.wish != null && $Object.hasOwnProperty.call(message, "wish"))
                $root.jobs.ModelWish.encode(message.wish, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a ModelNews message from the specified reader or buffer.
         * @function decode
         * @memberof jobs.ModelNews
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {jobs.ModelNews & jobs.ModelNews.$Shape} ModelNews
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        ModelNews.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.jobs.ModelNews();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        message.part = $root.jobs.ModelPart.decode(reader, reader.size(), $undefined, _depth + 1, message.part);
                        message.news = "part";
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.wish = $root.jobs.ModelWish.decode(reader, reader.size(), $undefined, _depth + 1, message.wish);
                        message.news = "wish";
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return ModelNews;
    })();

    jobs.ControlState = (function() {

        /**
         * Properties of a ControlState.
         * @typedef {Object} jobs.ControlState.$Properties
         * @property {string|null} [module] ControlState module
         * @property {boolean|null} [running] ControlState running
         * @property {boolean|null} [killed] ControlState killed
         * @property {number|null} [throttlePct] ControlState throttlePct
         * @property {number|null} [evMinSol] ControlState evMinSol
         * @property {Array.<number>|null} [tipLadder] ControlState tipLadder
         * @property {number|null} [scoreMin] ControlState scoreMin
         * @property {Long|null} [sequence] ControlState sequence
         * @property {string|null} [requestId] ControlState requestId
         * @property {Long|null} [killSequence] ControlState killSequence
         * @property {Array.<string>|null} [poolsDeny] ControlState poolsDeny
         * @property {Array.<string>|null} [mintsAllow] ControlState mintsAllow
         * @property {Array.<string>|null} [mintsDeny] ControlState mintsDeny
         * @property {number|null} [liquidityMinSol] ControlState liquidityMinSol
         * @property {Array.<string>|null} [mintRefuse] ControlState mintRefuse
         * @property {boolean|null} [passUnknown] ControlState passUnknown
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a ControlState.
         * @memberof jobs
         * @interface IControlState
         * @augments jobs.ControlState.$Properties
         * @deprecated Use jobs.ControlState.$Properties instead.
         */

        /**
         * Shape of a ControlState.
         * @typedef {jobs.ControlState.$Properties} jobs.ControlState.$Shape
         */

        /**
         * Constructs a new ControlState.
         * @memberof jobs
         * @classdesc Represents a ControlState.
         * @constructor
         * @param {jobs.ControlState.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const ControlState = function (properties) {
            this.tipLadder = [];
            this.poolsDeny = [];
            this.mintsAllow = [];
            this.mintsDeny = [];
            this.mintRefuse = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * ControlState module.
         * @member {string} module
         * @memberof jobs.ControlState
         * @instance
         */
        ControlState.prototype.module = "";

        /**
         * ControlState running.
         * @member {boolean} running
         * @memberof jobs.ControlState
         * @instance
         */
        ControlState.prototype.running = false;

        /**
         * ControlState killed.
         * @member {boolean} killed
         * @memberof jobs.ControlState
         * @instance
         */
        ControlState.prototype.killed = false;

        /**
         * ControlState throttlePct.
         * @member {number} throttlePct
         * @memberof jobs.ControlState
         * @instance
         */
        ControlState.prototype.throttlePct = 0;

        /**
         * ControlState evMinSol.
         * @member {number} evMinSol
         * @memberof jobs.ControlState
         * @instance
         */
        ControlState.prototype.evMinSol = 0;

        /**
         * ControlState tipLadder.
         * @member {Array.<number>} tipLadder
         * @memberof jobs.ControlState
         * @instance
         */
        ControlState.prototype.tipLadder = $util.emptyArray;

        /**
         * ControlState scoreMin.
         * @member {number} scoreMin
         * @memberof jobs.ControlState
         * @instance
         */
        ControlState.prototype.scoreMin = 0;

        /**
         * ControlState sequence.
         * @member {Long} sequence
         * @memberof jobs.ControlState
         * @instance
         */
        ControlState.prototype.sequence = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * ControlState requestId.
         * @member {string} requestId
         * @memberof jobs.ControlState
         * @instance
         */
        ControlState.prototype.requestId = "";

        /**
         * ControlState killSequence.
         * @member {Long} killSequence
         * @memberof jobs.ControlState
         * @instance
         */
        ControlState.prototype.killSequence = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * ControlState poolsDeny.
         * @member {Array.<string>} poolsDeny
         * @memberof jobs.ControlState
         * @instance
         */
        ControlState.prototype.poolsDeny = $util.emptyArray;

        /**
         * ControlState mintsAllow.
         * @member {Array.<string>} mintsAllow
         * @memberof jobs.ControlState
         * @instance
         */
        ControlState.prototype.mintsAllow = $util.emptyArray;

        /**
         * ControlState mintsDeny.
         * @member {Array.<string>} mintsDeny
         * @memberof jobs.ControlState
         * @instance
         */
        ControlState.prototype.mintsDeny = $util.emptyArray;

        /**
         * ControlState liquidityMinSol.
         * @member {number} liquidityMinSol
         * @memberof jobs.ControlState
         * @instance
         */
        ControlState.prototype.liquidityMinSol = 0;

        /**
         * ControlState mintRefuse.
         * @member {Array.<string>} mintRefuse
         * @memberof jobs.ControlState
         * @instance
         */
        ControlState.prototype.mintRefuse = $util.emptyArray;

        /**
         * ControlState passUnknown.
         * @member {boolean} passUnknown
         * @memberof jobs.ControlState
         * @instance
         */
        ControlState.prototype.passUnknown = false;

        /**
         * Encodes the specified ControlState message. Does not implicitly {@link jobs.ControlState.verify|verify} messages.
         * @function encode
         * @memberof jobs.ControlState
         * @static
         * @param {jobs.ControlState.$Properties} message ControlState message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        ControlState.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.module != null && $Object.hasOwnProperty.call(message, "module") && message.module !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.module);
            if (message.running != null && $Object.hasOwnProperty.call(message, "running") && message.running !== false)
                writer.uint32(/* id 2, wireType 0 =*/16).bool(message.running);
            if (message.killed != null && $Object.hasOwnProperty.call(message, "killed") && message.killed !== false)
                writer.uint32(/* id 3, wireType 0 =*/24).bool(message.killed);
            if (message.throttlePct != null && $Object.hasOwnProperty.call(message, "throttlePct") && message.throttlePct !== 0)
                writer.uint32(/* id 4, wireType 0 =*/32).uint32(message.throttlePct);
            if (message.evMinSol != null && $Object.hasOwnProperty.call(message, "evMinSol") && !$Object.is(message.evMinSol, 0))
                writer.uint32(/* id 5, wireType 1 =*/41).double(message.evMinSol);
            if (message.tipLadder != null && message.tipLadder.length)
                writer.uint32(/* id 6, wireType 2 =*/50).doubles(message.tipLadder);
            if (message.scoreMin != null && $Object.hasOwnProperty.call(message, "scoreMin") && !$Object.is(message.scoreMin, 0))
                writer.uint32(/* id 7, wireType 1 =*/57).double(message.scoreMin);
            if (message.sequence != null && $Object.hasOwnProperty.call(message, "sequence") && (typeof message.sequence === "object" ? message.sequence.low || message.sequence.high : message.sequence !== 0))
                writer.uint32(/* id 8, wireType 0 =*/64).uint64(message.sequence);
            if (message.requestId != null && $Object.hasOwnProperty.call(message, "requestId") && message.requestId !== "")
                writer.uint32(/* id 9, wireType 2 =*/74).string(message.requestId);
            if (message.killSequence != null && $Object.hasOwnProperty.call(message, "killSequence") && (typeof message.killSequence === "object" ? message.killSequence.low || message.killSequence.high : message.killSequence !== 0))
                writer.uint32(/* id 10, wireType 0 =*/80).uint64(message.killSequence);
            if (message.poolsDeny != null && message.poolsDeny.length)
                for (let i = 0; i < message.poolsDeny.length; ++i)
                    writer.uint32(/* id 11, wireType 2 =*/90).string(message.poolsDeny[i]);
            if (message.mintsAllow != null && message.mintsAllow.length)
                for (let i = 0; i < message.mintsAllow.length; ++i)
                    writer.uint32(/* id 12, wireType 2 =*/98).string(message.mintsAllow[i]);
            if (message.mintsDeny != null && message.mintsDeny.length)
                for (let i = 0; i < message.mintsDeny.length; ++i)
                    writer.uint32(/* id 13, wireType 2 =*/106).string(message.mintsDeny[i]);
            if (message.liquidityMinSol != null && $Object.hasOwnProperty.call(message, "liquidityMinSol") && !$Object.is(message.liquidityMinSol, 0))
                writer.uint32(/* id 14, wireType 1 =*/113).double(message.liquidityMinSol);
            if (message.mintRefuse != null && message.mintRefuse.length)
                for (let i = 0; i < message.mintRefuse.length; ++i)
                    writer.uint32(/* id 15, wireType 2 =*/122).string(message.mintRefuse[i]);
            if (message.passUnknown != null && $Object.hasOwnProperty.call(message, "passUnknown") && message.passUnknown !== false)
                writer.uint32(/* id 16, wireType 0 =*/128).bool(message.passUnknown);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a ControlState message from the specified reader or buffer.
         * @function decode
         * @memberof jobs.ControlState
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {jobs.ControlState & jobs.ControlState.$Shape} ControlState
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        ControlState.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.jobs.ControlState();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.module = value;
                        else
                            delete message.module;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.running = value;
                        else
                            delete message.running;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.killed = value;
                        else
                            delete message.killed;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.throttlePct = value;
                        else
                            delete message.throttlePct;
                        continue;
                    }
                case 5: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.evMinSol = value;
                        else
                            delete message.evMinSol;
                        continue;
                    }
                case 6: {
                        if (wireType === 2) {
                            if (!(message.tipLadder && message.tipLadder.length))
                                message.tipLadder = [];
                            reader.doubles(message.tipLadder);
                            continue;
                        }
                        if (wireType !== 1)
                            break;
                        if (!(message.tipLadder && message.tipLadder.length))
                            message.tipLadder = [];
                        message.tipLadder.push(reader.double());
                        continue;
                    }
                case 7: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.scoreMin = value;
                        else
                            delete message.scoreMin;
                        continue;
                    }
                case 8: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.sequence = value;
                        else
                            delete message.sequence;
                        continue;
                    }
                case 9: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.requestId = value;
                        else
                            delete message.requestId;
                        continue;
                    }
                case 10: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.killSequence = value;
                        else
                            delete message.killSequence;
                        continue;
                    }
                case 11: {
                        if (wireType !== 2)
                            break;
                        if (!(message.poolsDeny && message.poolsDeny.length))
                            message.poolsDeny = [];
                        message.poolsDeny.push(reader.stringVerify());
                        continue;
                    }
                case 12: {
                        if (wireType !== 2)
                            break;
                        if (!(message.mintsAllow && message.mintsAllow.length))
                            message.mintsAllow = [];
                        message.mintsAllow.push(reader.stringVerify());
                        continue;
                    }
                case 13: {
                        if (wireType !== 2)
                            break;
                        if (!(message.mintsDeny && message.mintsDeny.length))
                            message.mintsDeny = [];
                        message.mintsDeny.push(reader.stringVerify());
                        continue;
                    }
                case 14: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.liquidityMinSol = value;
                        else
                            delete message.liquidityMinSol;
                        continue;
                    }
                case 15: {
                        if (wireType !== 2)
                            break;
                        if (!(message.mintRefuse && message.mintRefuse.length))
                            message.mintRefuse = [];
                        message.mintRefuse.push(reader.stringVerify());
                        continue;
                    }
                case 16: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.passUnknown = value;
                        else
                            delete message.passUnknown;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return ControlState;
    })();

    return jobs;
})();

export {
  $root as default
};
